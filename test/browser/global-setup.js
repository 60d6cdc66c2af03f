// @ts-check
// JavaScript, because Jest loads this file before its transforms.
import { existsSync } from 'node:fs';
import globalSetup from '../support/global-setup.js';

export default async function browserSetup() {
  const path = (process.env['CHROMIUM_PATH'] ||= '/usr/bin/chromium');
  if (!existsSync(path)) {
    process.stderr.write(`There is no Chromium at ${path}: install it, or say in CHROMIUM_PATH where it is.\n`);
    process.exit(1);
  }
  await globalSetup();
}

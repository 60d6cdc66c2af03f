import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Lock {
  readonly packages: Readonly<
    Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean; peer?: boolean }>
  >;
}

/**
 * The files of the image, put together in a folder as the Dockerfile says. There is no engine that runs it: its last
 * stage is followed, the packages are those that `npm ci --omit=dev --omit=optional` installs, and they are pruned.
 */
export class Image {
  private constructor(
    readonly folder: string,
    readonly command: readonly string[],
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async assemble(): Promise<Image> {
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-image-'));
    await chmod(folder, 0o755);
    const ignore = (await readFile('.dockerignore', 'utf8')).split('\n');
    const lastStage = (await readFile('Dockerfile', 'utf8')).split(/^FROM .*$/m).at(-1)!;

    await linkProductionPackages(join(folder, 'node_modules'));
    await run('sh', ['scripts/prune-modules.sh', join(folder, 'node_modules')]);
    const isTrimmed = (path: string) => /\.map$|\.tsbuildinfo$/.test(path) || path === join('dist', 'dev');
    await cp('dist', join(folder, 'dist'), { recursive: true, filter: (path) => !isTrimmed(path) });
    for (const [, given] of lastStage.matchAll(/^COPY (?!--from)(.+)$/gm)) {
      const sources = given!.split(' ');
      const target = sources.pop()!;
      for (const source of sources) {
        const top = source.split('/')[0]!;
        if (!ignore.includes(`!${top}`)) throw new Error(`.dockerignore keeps ${source} out`);
        const isFile = target.endsWith('/');
        await cp(source, join(folder, target, isFile ? source.split('/').at(-1)! : ''), { recursive: true });
      }
    }
    const command = JSON.parse(/^CMD (.+)$/m.exec(lastStage)![1]!) as string[];
    const environment = Object.fromEntries(
      [...lastStage.matchAll(/^ENV (\w+)=(.+)$/gm)].map(([, name, value]) => [name!, value!]),
    );
    return new Image(folder, command, environment);
  }

  /** What its files take on a disk, in MB of a million bytes. */
  async megabytes(): Promise<number> {
    const { stdout } = await run('du', ['-s', '-B1', this.folder]);
    return Number(stdout.split('\t')[0]) / 1e6;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Hard links where that is possible; pruning takes links away, and changes no file. */
async function linkProductionPackages(target: string): Promise<void> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as Lock;
  for (const [path, { dev, optional, devOptional }] of Object.entries(packages)) {
    // One that lies in another comes along with it.
    if (path.lastIndexOf('node_modules/') !== 0 || dev || optional || devOptional) continue;
    const place = join(target, path.slice('node_modules/'.length));
    await mkdir(dirname(place), { recursive: true });
    await run('cp', ['-RlP', path, place]).catch(() => cp(path, place, { recursive: true, verbatimSymlinks: true }));
  }
}

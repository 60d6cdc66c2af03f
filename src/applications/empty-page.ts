import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';

export function emptyPage(page: OffsetPage | CheckpointPage): Page<never> {
  return page.kind === 'offset' ? { kind: 'offset', rows: [], total: 0, page } : { kind: 'checkpoint', rows: [] };
}

import type { Prisma } from './generated/client.js';

/**
 * Conditions that hide rows which are deleted but not removed yet (docs/decisions/0033). The client adds them to every
 * query of a model; raw SQL, and relations to many that a query includes, must have them written out.
 */
const PRESENT = {
  Organization: { deletedAt: null },
  Connection: { deletedAt: null },
  OrganizationConnection: { organization: { deletedAt: null }, connection: { deletedAt: null } },
  User: { connection: { deletedAt: null } },
  OrganizationMember: { organization: { deletedAt: null }, user: { connection: { deletedAt: null } } },
  OrganizationDiscoveryDomain: { organization: { deletedAt: null } },
} satisfies { [Model in Prisma.ModelName]?: Prisma.TypeMap['model'][Model]['operations']['findMany']['args']['where'] };

/** Adds the condition that rows are not deleted to the arguments of an operation on a model. */
export function excludeSoftDeleted<Args>(model: string | undefined, operation: string, args: Args): Args {
  const present = PRESENT[model as keyof typeof PRESENT] as object | undefined;
  if (present === undefined || operation.startsWith('create')) return args;
  const { where = {}, ...rest } = (args ?? {}) as { where?: { AND?: unknown } };
  return { ...rest, where: { ...where, AND: [present, where.AND ?? []].flat() } } as Args;
}

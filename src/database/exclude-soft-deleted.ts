import type { Prisma } from './generated/client.js';

/**
 * Rows that have been deleted and are still being removed (docs/decisions/0033) exist for no reader. The client adds these
 * conditions to every query of a model; raw SQL says them itself, and so does what is included by a relation to many.
 */
const PRESENT = {
  Organization: { deletedAt: null },
  Connection: { deletedAt: null },
  OrganizationConnection: { organization: { deletedAt: null }, connection: { deletedAt: null } },
  User: { connection: { deletedAt: null } },
  OrganizationMember: { organization: { deletedAt: null }, user: { connection: { deletedAt: null } } },
  OrganizationDiscoveryDomain: { organization: { deletedAt: null } },
} as const satisfies {
  Organization: Prisma.OrganizationWhereInput;
  Connection: Prisma.ConnectionWhereInput;
  OrganizationConnection: Prisma.OrganizationConnectionWhereInput;
  User: Prisma.UserWhereInput;
  OrganizationMember: Prisma.OrganizationMemberWhereInput;
  OrganizationDiscoveryDomain: Prisma.OrganizationDiscoveryDomainWhereInput;
};

const MAKING = /^create/;

/** Adds to the arguments of an operation on a model that its rows are not deleted. */
export function excludeSoftDeleted<Args>(model: string | undefined, operation: string, args: Args): Args {
  const present = PRESENT[model as keyof typeof PRESENT] as object | undefined;
  if (present === undefined || MAKING.test(operation)) return args;
  const { where = {}, ...rest } = (args ?? {}) as { where?: { AND?: unknown } };
  return { ...rest, where: { ...where, AND: [present, where.AND ?? []].flat() } } as Args;
}

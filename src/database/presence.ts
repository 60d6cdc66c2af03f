import type { Prisma } from './generated/client.js';

/**
 * What is there: not what has been deleted and is still being removed (docs/decisions/0033). Prisma's queries have it
 * added here, whoever makes them; hand-written statements say it themselves. What is included by a relation to many says
 * it too, since it is not asked for by itself.
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

/** Those that name no row that is there. */
const MAKING = /^create/;

/** The arguments of an operation on a model, of which only rows can come that are there. */
export function ofWhatIsThere<Args>(model: string | undefined, operation: string, args: Args): Args {
  const present = PRESENT[model as keyof typeof PRESENT] as object | undefined;
  if (present === undefined || MAKING.test(operation)) return args;
  const { where = {}, ...rest } = (args ?? {}) as { where?: { AND?: unknown } };
  return { ...rest, where: { ...where, AND: [present, where.AND ?? []].flat() } } as Args;
}

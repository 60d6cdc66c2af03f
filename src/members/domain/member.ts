/** A member of an organization, with the fields of the list. */
export interface Member {
  readonly userId: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly picture: string | null;
  readonly createdAt: Date;
}

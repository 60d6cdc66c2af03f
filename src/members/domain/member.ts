/** A user who belongs to an organization, with what its list shows of them. */
export interface Member {
  readonly userId: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly picture: string | null;
  /** Since when. */
  readonly createdAt: Date;
}

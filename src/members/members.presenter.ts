import { select, type FieldSelection } from '../http/field-selection.js';
import type { Member } from './domain/member.js';
import type { MemberResponse } from './dto/member.dto.js';

export function presentMember(row: Member, selection?: FieldSelection): Partial<MemberResponse> {
  const whole: MemberResponse = {
    user_id: row.userId,
    ...(row.email === null ? undefined : { email: row.email }),
    ...(row.picture === null ? undefined : { picture: row.picture }),
    ...(row.name === null ? undefined : { name: row.name }),
  };
  return select(whole, selection);
}

import { select, type FieldSelection } from '../http/field-selection.js';
import { pictureOf } from '../users/domain/picture.js';
import type { Member } from './domain/member.js';
import type { MemberResponse } from './dto/member.dto.js';

export function presentMember(row: Member, selection?: FieldSelection): Partial<MemberResponse> {
  const picture = pictureOf(row);
  const whole: MemberResponse = {
    user_id: row.userId,
    ...(row.email === null ? undefined : { email: row.email }),
    ...(picture === undefined ? undefined : { picture }),
    ...(row.name === null ? undefined : { name: row.name }),
  };
  return select(whole, selection);
}

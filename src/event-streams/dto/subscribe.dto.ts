import { StringField, StringListField } from '../../http/validation/fields.js';
import { EVENT_TYPES, type EventType } from '../domain/event-type.js';

export class SubscribeToEventsDto {
  @StringField({
    pattern: /^\d{1,15}$/,
    description: 'The `offset` of an event: what comes after it; 0: all that is kept',
  })
  from?: string;

  @StringField({ format: 'date-time', description: 'From this time on, where no `from` is known yet' })
  from_timestamp?: string;

  @StringListField({ item: { enum: EVENT_TYPES }, description: 'Only of these types' })
  event_type?: EventType[];
}

import { StringField, StringListField } from '../../http/validation/fields.js';
import { EVENT_TYPES, type EventType } from '../domain/event-type.js';

export class SubscribeToEventsDto {
  @StringField({
    pattern: /^\d{1,15}$/,
    description: 'The `offset` of an event, for those after it; 0 for all that are stored',
  })
  from?: string;

  @StringField({ format: 'date-time', description: 'For events from this time on, when no `from` is known yet' })
  from_timestamp?: string;

  @StringListField({ item: { enum: EVENT_TYPES }, description: 'Only of these types' }) event_type?: EventType[];
}

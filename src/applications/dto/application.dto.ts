import { PagingDto } from '../../http/pagination.js';
import { AcceptOtherProperties } from '../../http/validation/other-properties.js';

/** Accepts filters, which have no effect on an empty list. */
@AcceptOtherProperties()
export class ListApplicationsDto extends PagingDto {}

import { PagingDto } from '../../http/pagination.js';
import { AcceptOtherProperties } from '../../http/validation/other-properties.js';

/** Filters are accepted and have no effect, because the list is empty. */
@AcceptOtherProperties()
export class ListApplicationsDto extends PagingDto {}

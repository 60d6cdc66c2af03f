import { PagingDto } from '../../http/pagination.js';
import { AcceptOtherProperties } from '../../http/validation/other-properties.js';

/** Whatever the filter, nothing is what passes it. */
@AcceptOtherProperties()
export class ListApplicationsDto extends PagingDto {}

import { Injectable, type PipeTransform } from '@nestjs/common';
import { DomainError } from '../../errors/domain-error.js';

/** For bodies that must change something: at least one property. */
@Injectable()
export class NotEmptyPipe implements PipeTransform {
  transform<T extends object>(body: T): T {
    if (Object.keys(body).length === 0) {
      throw new DomainError('body_invalid', "'Too few properties defined (0), minimum 1'");
    }
    return body;
  }
}

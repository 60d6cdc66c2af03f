import { Injectable, type PipeTransform } from '@nestjs/common';
import { DomainError } from '../../errors/domain-error.js';

/** Refuses a body without properties. */
@Injectable()
export class NotEmptyPipe implements PipeTransform {
  transform<T extends object>(body: T): T {
    if (Object.keys(body).length === 0) {
      throw new DomainError('body_invalid', "'Too few properties defined (0), minimum 1'");
    }
    return body;
  }
}

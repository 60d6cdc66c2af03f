import type { AsyncLocalStorage } from 'node:async_hooks';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { trace, type Context, type Tracer } from '@opentelemetry/api';
import { finalize, type Observable } from 'rxjs';

/** Makes a span for each call of a controller's method, including its pipes. */
export class ServiceSpans implements NestInterceptor {
  constructor(
    private readonly tracer: Tracer,
    private readonly active: AsyncLocalStorage<Context | undefined>,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const parent = this.active.getStore();
    if (parent === undefined) return next.handle();
    const span = this.tracer.startSpan(`${execution.getClass().name}.${execution.getHandler().name}`, {}, parent);
    return this.active.run(trace.setSpan(parent, span), () => next.handle()).pipe(finalize(() => span.end()));
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import type { TracingConfig } from '../config/config.js';
import { failureOf, statementRuns, type StatementRun } from '../database/statement-channel.js';
import { startExport } from './export.js';

export interface Tracing {
  /** Makes a span for each call of a controller's method. Use it globally. */
  readonly interceptor: NestInterceptor;
  /** Stops, and sends the remaining spans within a few seconds. */
  end(): Promise<void>;
}

/** The context of the current request. Without one, nothing is traced. */
type Active = AsyncLocalStorage<Context | undefined>;

/** Fastify's channel around the handler of a route. Reading the body before it loses the context. */
const HANDLER_STARTS = 'tracing:fastify.request.handler:start';

/** Probes would be most of the spans. */
const UNTRACED = '/health/';

/**
 * Makes spans of each request, its controller's method and its statements. Attributes have only values from closed sets,
 * never a path, parameter, body or error message.
 *
 * @param fastify before other hooks are added, whose work would not be traced
 */
export function startTracing(config: TracingConfig, version: string, fastify: FastifyInstance): Tracing {
  const { tracer, endExport } = startExport(config, version);
  const active: Active = new AsyncLocalStorage();
  const endings = [traceRequests(tracer, active, fastify), traceStatements(tracer, active)];
  return {
    interceptor: new ServiceSpans(tracer, active),
    end: async () => {
      for (const end of endings) end();
      await endExport();
    },
  };
}

function traceRequests(tracer: Tracer, active: Active, fastify: FastifyInstance): () => void {
  const propagator = new W3CTraceContextPropagator();
  const contexts = new WeakMap<FastifyRequest, Context>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.url.startsWith(UNTRACED)) return done();
    const parent = propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    const route = request.is404 ? undefined : request.routeOptions.url;
    const { method, id } = request;
    const span = tracer.startSpan(
      route === undefined ? method : `${method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': method, 'http.route': route, 'vestibule.request_id': id },
      },
      parent,
    );
    const context = trace.setSpan(parent, span);
    contexts.set(request, context);
    active.run(context, done);
  });
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    const context = contexts.get(request);
    const span = context && trace.getSpan(context);
    if (span) {
      span.setAttribute('http.response.status_code', statusCode);
      if (statusCode >= 500) fail(span, String(statusCode));
      span.end();
    }
    done();
  });
  const handlerStarts = channel(HANDLER_STARTS);
  handlerStarts.bindStore(active, (message) => contexts.get((message as { request: FastifyRequest }).request));
  return () => void handlerStarts.unbindStore(active);
}

/** Makes a span for each call of a controller's method, including its pipes. */
class ServiceSpans implements NestInterceptor {
  constructor(
    private readonly tracer: Tracer,
    private readonly active: Active,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const parent = this.active.getStore();
    if (parent === undefined) return next.handle();
    const span = this.tracer.startSpan(`${execution.getClass().name}.${execution.getHandler().name}`, {}, parent);
    return this.active.run(trace.setSpan(parent, span), () => next.handle()).pipe(finalize(() => span.end()));
  }
}

function traceStatements(tracer: Tracer, active: Active): () => void {
  const spans = new WeakMap<StatementRun, Span>();
  statementRuns.start.bindStore(active, (run) => {
    const parent = active.getStore();
    if (parent === undefined) return undefined;
    const { name } = run;
    const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': name };
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
    spans.set(run, span);
    return trace.setSpan(parent, span);
  });
  const onEnd = (message: unknown) => {
    const run = message as StatementRun;
    const span = spans.get(run);
    if (span && run.error !== undefined) fail(span, failureOf(run.error));
    span?.end();
  };
  statementRuns.asyncEnd.subscribe(onEnd);
  return () => {
    statementRuns.start.unbindStore(active);
    statementRuns.asyncEnd.unsubscribe(onEnd);
  };
}

function fail(span: Span, type: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', type);
}

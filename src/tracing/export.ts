import { Logger } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { TracingConfig } from '../config/config.js';
import { unlessAborted } from '../unless-aborted.js';

/** The time limit for the last export. */
const LAST_EXPORT_MS = 2_000;

/** Creates a tracer that exports its spans. The SDK reads `OTEL_TRACES_SAMPLER` and the like for rates. */
export function startExport(
  config: TracingConfig,
  version: string,
): { tracer: Tracer; endExport: () => Promise<void> } {
  const { url, serviceName } = config;
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'vestibule', 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(serviceName === undefined ? {} : { 'service.name': serviceName }));
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new LoggingExporter({ url }))],
  });
  return {
    tracer: provider.getTracer('vestibule', version),
    endExport: () => unlessAborted(provider.shutdown(), AbortSignal.timeout(LAST_EXPORT_MS)).catch(() => undefined),
  };
}

/** Logs the first failed export, and the first that succeeds again. */
class LoggingExporter extends OTLPTraceExporter {
  private readonly logger = new Logger('Tracing');
  private isFailing = false;

  override export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    super.export(spans, (result) => {
      const isFailing = result.code !== ExportResultCode.SUCCESS;
      if (isFailing && !this.isFailing)
        this.logger.warn(`Spans are lost, the collector fails: ${result.error?.message}`);
      if (!isFailing && this.isFailing) this.logger.log('Spans arrive at the collector again');
      this.isFailing = isFailing;
      done(result);
    });
  }
}

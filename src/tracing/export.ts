import { Logger } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { TracingConfig } from '../config/config.js';
import { unlessAborted } from '../unless-aborted.js';

/** What is left at the end is given up after this. */
const LAST_EXPORT_MS = 2_000;

/** Where spans come from and go to. How many and how often the SDK reads from `OTEL_TRACES_SAMPLER` and its like. */
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
    spanProcessors: [new BatchSpanProcessor(new OutspokenExporter({ url }))],
  });
  return {
    tracer: provider.getTracer('vestibule', version),
    endExport: () => unlessAborted(provider.shutdown(), AbortSignal.timeout(LAST_EXPORT_MS)).catch(() => undefined),
  };
}

/** Says when spans get lost and when they arrive again, and not each time. */
class OutspokenExporter extends OTLPTraceExporter {
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

import { type HttpRoute, jsonAnswer, textAnswer } from '../http/http-answer.js';

export interface MetricsView {
  /** The metrics page; may reject, then the scrape gets a 500. */
  page(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** The effective KubeProxyConfiguration. */
  configuration(): unknown;
}

/** What kube-proxy offers at metricsBindAddress. `/healthz` says there only that the server answers. */
export function metricsRoutes(view: MetricsView): ReadonlyMap<string, HttpRoute> {
  return new Map<string, HttpRoute>([
    [
      '/metrics',
      async () => {
        const { contentType, text } = await view.page();
        return { status: 200, contentType, body: text };
      },
    ],
    ['/proxyMode', () => textAnswer(200, 'ipvs')],
    ['/configz', () => jsonAnswer(200, { 'kubeproxy.config.k8s.io': view.configuration() })],
    ['/healthz', () => textAnswer(200, 'ok')],
  ]);
}

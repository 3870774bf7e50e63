/**
 * Where agent and commands meet unless the configuration says otherwise; apart, since commands need nothing else of it.
 */
export const DEFAULT_ADMIN_SOCKET = '/run/kube-ipvs-proxy/admin.sock';

/** What one code stands for, as `why --explain` prints it and docs/troubleshooting.md has it. */
export interface CodeText {
  /** A few words, without a full stop. */
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
}

/**
 * Every finding has one of these codes. They are stable: a code never gets another meaning, and one that is given up is
 * not used again. 1xx: what the API says. 2xx: what was decided for this node. 3xx: what of ours the kernel has. 4xx:
 * what else is on the node. 5xx: what was tried. 6xx: the agent and its source. 7xx: what Services need of the node,
 * whether there are any or not.
 */
export const CODES = {
  KIP101: {
    title: 'no endpoints',
    meaning:
      'No EndpointSlice of the Service has an endpoint, and the Service has no selector by which the control plane would find pods. New connections are refused at once.',
    remedy:
      'Write an EndpointSlice with the label kubernetes.io/service-name, or give the Service a selector. Compare: kubectl get endpointslices -l kubernetes.io/service-name=NAME.',
  },
  KIP102: {
    title: 'endpoint not ready',
    meaning:
      'The endpoint is in an EndpointSlice, and its condition ready is false: its pod fails its readiness probe, has not started, or its node is lost. It gets no new connections.',
    remedy:
      'See why the pod is not ready: kubectl describe pod. Where no pod is to be waited for, the Service may set publishNotReadyAddresses.',
  },
  KIP103: {
    title: 'selector matches nothing',
    meaning:
      'The Service has a selector, and no pod with these labels has an address. New connections are refused at once.',
    remedy:
      'Compare the selector with the labels of the pods: kubectl get pods --show-labels, in the namespace of the Service.',
  },
  KIP104: {
    title: 'targetPort wrong',
    meaning:
      'Every endpoint refuses connections at the target port, so that the pods are there and nothing listens at that port. The client hears the refusal of the pod itself.',
    remedy:
      'Set targetPort of the Service to the port at which the container listens on all addresses, not on 127.0.0.1 alone (ss -ltn in the pod).',
  },
  KIP105: {
    title: 'named port missing',
    meaning:
      'The Service asks for a port by name and protocol that no EndpointSlice of it offers: the containers give their port another name, or none.',
    remedy:
      'Give the container port the name that targetPort says, or write the number. In a slice made by hand the port has the name of the port of the Service.',
  },
  KIP106: {
    title: 'no endpoint of this family',
    meaning:
      'The Service has an address of a family in which none of its EndpointSlices has an endpoint, or the client is of a family in which the Service has no address. The other family works.',
    remedy:
      'Make the pods dual-stack, or the Service single-stack (spec.ipFamilyPolicy). A slice made by hand has one addressType: write one for each family.',
  },
  KIP107: {
    title: 'another proxy\u2019s Service',
    meaning:
      'The label service.kubernetes.io/service-proxy-name gives the Service to a proxy of that name, and this one is called otherwise, or the other way round. This proxy programs nothing for it.',
    remedy:
      'Correct or remove the label, or run the agent with serviceProxyName set to it. The slices follow the label of their Service.',
  },
  KIP108: {
    title: 'nothing for a proxy to do',
    meaning:
      'The Service is headless or of type ExternalName, or no address has been given to it. Clients find its pods by DNS, and no proxy serves it.',
    remedy: 'Ask DNS for it, or make it a Service with a clusterIP.',
  },
  KIP109: {
    title: 'no such port',
    meaning:
      'The Service has no port of this number. A VIP of this proxy refuses every port that is none of its Services.',
    remedy: 'Use a port of the Service (kubectl get service), or add this one to spec.ports.',
  },
  KIP201: {
    title: 'policy Local without a local endpoint',
    meaning:
      'internalTrafficPolicy or externalTrafficPolicy is Local, the Service has ready endpoints, and none of them is on this node. New connections are dropped here, without an answer, as the API wants it: a load balancer is to use nodes that have one.',
    remedy:
      'Set the policy to Cluster, run a pod on every node that gets such traffic (a DaemonSet), or let the load balancer ask healthCheckNodePort.',
  },
  KIP202: {
    title: 'endpoint is for another zone or node',
    meaning:
      'Hints in the EndpointSlices (trafficDistribution, topology) reserve the endpoint for clients in another zone or on another node. This node sends nothing to it as long as one endpoint is hinted to this node or its zone.',
    remedy:
      'Nothing is wrong where the endpoints that remain answer. Otherwise set trafficDistribution to another value, or remove it, until they do.',
  },
  KIP203: {
    title: 'client outside of the source ranges',
    meaning:
      'loadBalancerSourceRanges name the clients that may use the load balancer\u2019s address, and this one is not among them. Its packets are dropped without an answer.',
    remedy:
      'Add a range with the client to spec.loadBalancerSourceRanges. What counts is the address that arrives here, after any translation on the way.',
  },
  KIP204: {
    title: 'VIP and port belong to another Service',
    meaning:
      'Two Services ask for one address, port and protocol. One has a better claim (it is its ClusterIP or NodePort, or it is older) and keeps all of the traffic.',
    remedy: 'Give one of the two another address or port.',
  },
  KIP205: {
    title: 'VIP is another node\u2019s address',
    meaning:
      'An external IP or load balancer\u2019s address of the Service is the address of another Node. It is left to that node: bound here it would cut this node and its pods off from it.',
    remedy: 'Take an address that no Node has.',
  },
  KIP206: {
    title: 'the Service has a problem',
    meaning:
      'Something in the Service or its slices could not be used as it is. The finding says which field, what was found there and what would mend it; everything else of the Service is served.',
    remedy: 'Correct the field that the finding names.',
  },
  KIP207: {
    title: 'left to a process of the node',
    meaning:
      'The Service has the annotation kube-ipvs-proxy.io/node-local: prefer, and a process of this node listens on its ClusterIP and port itself, as NodeLocal DNSCache does. It gets the traffic of this node; there is no virtual server while it listens.',
    remedy:
      'Nothing is wrong where that process answers: ss -lntup on the node shows it. IPVS takes over within a second or so after it has stopped listening.',
  },
  KIP208: {
    title: 'only draining servers',
    meaning:
      'Every real server has weight 0: their endpoints have gone, and they keep the connections they have until these end or the drain deadline is over. New connections are refused.',
    remedy:
      'Wait for a ready endpoint. The annotation kube-ipvs-proxy.io/drain-deadline or the setting drainDeadline says how long a drain may last.',
  },
  KIP301: {
    title: 'another program\u2019s virtual server',
    meaning:
      'IPVS has a virtual server at this VIP and port that this program did not make. It is never changed; the Service waits until it has gone.',
    remedy:
      'Find out who made it: a kube-proxy that still runs, keepalived, a person. ipvsadm -D removes it; --adopt takes over what a kube-proxy left.',
  },
  KIP302: {
    title: 'VIP is not bound',
    meaning:
      'The VIP is neither an address of the device kube-ipvs0 nor, with vipBinding: routes, a local route of this program, so that the kernel forwards its packets instead of handing them to IPVS. Somebody removed it, or the agent has not bound it yet.',
    remedy:
      'Start the agent: while it runs it binds it again at once. Who removes it again and again is often a network manager that has to leave kube-ipvs0, or routes of protocol 105, alone.',
  },
  KIP303: {
    title: 'packet table is not as it should be',
    meaning:
      'The sets of table inet kube-ipvs-proxy do not say of this frontend what they should: the VIP is not guarded, the frontend not open, or the table is gone. Packets are refused, or others\u2019 rules decide.',
    remedy:
      'Start the agent, or wait for its audit; find out who flushes nftables (a firewall that begins with flush ruleset).',
  },
  KIP304: {
    title: 'virtual server is missing',
    meaning: 'IPVS has no virtual server for this VIP and port, though the Service has usable endpoints.',
    remedy:
      'Start the agent, or wait for its audit. Where it comes back and goes again, another program removes it (ipvsadm -C, a second proxy).',
  },
  KIP305: {
    title: 'virtual server differs from what it should be',
    meaning:
      'Scheduler, affinity, real servers or weights in the kernel are not those that were decided. The audit puts it right; connections may go astray until then.',
    remedy: 'Find out who else writes to IPVS on this node; two proxies undo each other\u2019s work.',
  },
  KIP306: {
    title: 'refused by the kernel',
    meaning: 'The kernel did not take what should be programmed. It is tried again with growing delays.',
    remedy:
      'Read the kernel\u2019s own words in the finding; often a module or a right is missing (docs/node-setup.md).',
  },
  KIP307: {
    title: 'sysctl is off',
    meaning:
      'A sysctl that IPVS or forwarding needs does not have its value. The finding says which, and what goes wrong because of it.',
    remedy:
      'Set it, and find out who sets it back: files in /etc/sysctl.d, a tuning daemon, a hardening script.',
  },
  KIP308: {
    title: 'VIP is on another device too',
    meaning:
      'The VIP is also an address of another device of this node. Somebody announces or configures it there; other ports of it may be answered by the node itself.',
    remedy: 'Remove the address from that device, unless it is meant to be the node\u2019s own.',
  },
  KIP401: {
    title: 'another program\u2019s rule drops packets',
    meaning:
      'A rule, or the policy of a chain, in another program\u2019s nftables or iptables-nft table drops or rejects new connections to the VIP before IPVS sees them. Rules of legacy iptables are not read.',
    remedy:
      'Let the firewall accept the Service addresses and NodePorts: docs/packet-flow.md has the lines for a firewall that drops by default.',
  },
  KIP402: {
    title: 'another program\u2019s rule rewrites the destination',
    meaning:
      'A rule in another program\u2019s table rewrites the destination of packets to the VIP before IPVS sees them: another proxy, a hostPort, a redirect.',
    remedy: 'Remove what the other program has for this address and port, or the other proxy.',
  },
  KIP403: {
    title: 'br_netfilter missing',
    meaning:
      'Client and server are behind one bridge whose packets pass no netfilter. The server answers the client directly, nobody gives the answer the VIP\u2019s address, and the client ignores it.',
    remedy: 'Load br_netfilter and set net.bridge.bridge-nf-call-iptables and -ip6tables to 1.',
  },
  KIP404: {
    title: 'conntrack is full',
    meaning:
      'Connection tracking has all the entries that it may have. The kernel drops packets of new connections of the whole node.',
    remedy:
      'Raise conntrack.min or conntrack.maxPerCore (net.netfilter.nf_conntrack_max), or find who opens so many: conntrack -L.',
  },
  KIP501: {
    title: 'VIP does not answer',
    meaning:
      'An endpoint answers this node, and the VIP does not: something between the VIP and the endpoint loses the packets.',
    remedy:
      'See the other findings. Without any: tcpdump -ni any host VIP or host ENDPOINT shows where the packets end; pwru names the function that dropped them.',
  },
  KIP502: {
    title: 'endpoint refuses connections',
    meaning:
      'The endpoint is ready for the API and refuses connections at the target port, while others answer. Each new connection that is balanced to it fails.',
    remedy:
      'See what that pod does (kubectl logs), and let its readiness probe ask the port that the Service uses.',
  },
  KIP503: {
    title: 'endpoint does not answer',
    meaning:
      'Nothing came back from the endpoint within the deadline: its node is down, a NetworkPolicy drops packets of this node, or the pods\u2019 network has no way there.',
    remedy:
      'Try it from its own node. From there it works: look at routes, the overlay and NetworkPolicies between the nodes.',
  },
  KIP504: {
    title: 'affinity holds the client at a dead endpoint',
    meaning:
      'The Service has session affinity, IPVS keeps this client at one endpoint, and that endpoint does not answer. Other clients are served. It lasts until the affinity is over or the endpoint is no longer ready.',
    remedy: 'Delete the pod or let its readiness probe fail: with it the affinity ends at once.',
  },
  KIP601: {
    title: 'agent is not running',
    meaning:
      'Nobody answers on the admin socket. What was programmed goes on, and nothing follows changes. All that is said here is from the kernel alone.',
    remedy: 'See why it does not run: kubectl -n kube-system logs, with --previous after a crash.',
  },
  KIP602: {
    title: 'source has not sent everything',
    meaning:
      'The agent waits for the first complete listing of Services and EndpointSlices. Until then nothing is removed, and what is new may be missing.',
    remedy: 'See in status what keeps it from the API server.',
  },
  KIP603: {
    title: 'API server is away',
    meaning:
      'The agent cannot reach the API server. What was programmed goes on; pods that came or went since are not known.',
    remedy:
      'Look at the API server and at the way there. Readiness is not known either: what is said of endpoints here is the last that was received.',
  },
  KIP604: {
    title: 'agent is behind the API server',
    meaning:
      'The API server has another state of the Service or its slices than the agent for a second or longer. A watch may be stuck.',
    remedy:
      'Look at kube_ipvs_proxy_watch_restarts_total and the log. A new start of the agent lists everything anew.',
  },
  KIP605: {
    title: 'change is not programmed yet',
    meaning: 'A change has arrived and the kernel has not acknowledged it yet.',
    remedy: 'Ask again in a second. Where it stays, see in status what the kernel refuses.',
  },
  KIP701: {
    title: 'kernel module is missing',
    meaning:
      'A module that Services need is neither loaded nor built in, and there is none to be loaded. Small kernels for virtual machines leave some out.',
    remedy:
      'Run modprobe with its name on the node. Where there is none, install linux-modules-extra-$(uname -r) (Ubuntu), linux-image-amd64 instead of a cloud kernel (Debian) or kernel-modules-extra (RHEL, Fedora).',
  },
  KIP702: {
    title: 'scheduler is missing',
    meaning:
      'The kernel has no module for the scheduler rr, which every Service has that names none, or has no scheduler at all.',
    remedy: 'Install the module ip_vs_rr as in KIP701, or set ipvs.scheduler to one that is there.',
  },
  KIP703: {
    title: 'CAP_NET_ADMIN is missing',
    meaning:
      'This process may not change the network of the node. An agent with these rights could program nothing; rules and tables could not be read for this report.',
    remedy: 'Run it as root on the node, or in the agent\u2019s container, which has this capability.',
  },
  KIP704: {
    title: 'connection table of IPVS is small',
    meaning:
      'IPVS has more than eight connections for each bucket of its table, and goes through them for every packet of theirs. On Linux 6.12 and older the table does not grow; on 7.2 it does.',
    remedy:
      'Write options ip_vs conn_tab_bits=17 into a file in /etc/modprobe.d and load the module anew, best with a reboot. Where it is built in: ip_vs.conn_tab_bits=17 on the kernel command line.',
  },
  KIP705: {
    title: 'tables of legacy iptables',
    meaning:
      'Legacy iptables has tables in the kernel. Their rules are not seen by nftables, so neither this report nor why knows what they drop or rewrite.',
    remedy:
      'Look at them with iptables-legacy-save and ip6tables-legacy-save, and move to iptables-nft, so that one tool shows everything.',
  },
  KIP706: {
    title: 'conntrack is nearly full',
    meaning:
      'Connection tracking has nine tenths of the entries that it may have. Once it has all, the kernel drops packets of new connections of the whole node (KIP404).',
    remedy:
      'Raise conntrack.min or conntrack.maxPerCore (net.netfilter.nf_conntrack_max), or find who opens so many: conntrack -L.',
  },
  KIP707: {
    title: 'MTU is larger than what is below it',
    meaning:
      'A tunnel, or the bridge of the pods above one, takes larger packets than what carries them. Small requests work; large ones are cut into pieces, or vanish where somebody filters ICMP.',
    remedy:
      'Set the MTU of the pod network to that of the uplink less what the tunnel adds: 50 for VXLAN and Geneve, 20 for IP in IP, 60 for WireGuard.',
  },
  KIP708: {
    title: 'clock differs from the API server\u2019s',
    meaning:
      'The clock of this node and that of the API server differ by five seconds or more. From a minute on, tokens and certificates may count as not yet valid or expired; before, times in logs and metrics do not fit.',
    remedy: 'See whether the clock is kept: timedatectl, chronyc tracking. Look at both machines.',
  },
  KIP709: {
    title: 'not known',
    meaning:
      'This could not be found out from here without changing the node: what it takes cannot be seen, read, or asked.',
    remedy: 'Run the command as root on the node itself, where /lib/modules, /proc and /sys are to be seen.',
  },
} as const satisfies Readonly<Record<string, CodeText>>;

export type Code = keyof typeof CODES;

export function isCode(text: string): text is Code {
  return Object.hasOwn(CODES, text);
}

/**
 * Switches that leave Chromium, installed or inside Electron, without a network of its own. The
 * window shows one page that comes through a pipe or a private scheme; all traffic of the messenger
 * is app/tor's. Names are Chromium's, see its `*_switches.cc` and `*_features.cc`.
 *
 * The first three suffice by themselves: every request goes to one proxy, and no name or address
 * resolves, not even that proxy's. The others stop Chromium's own talkers from trying.
 */
export interface ChromiumSwitch {
  readonly name: string;
  readonly value?: string;
}

/** A feature that a version of Chromium does not know is ignored by it. */
const disabledFeatures = [
  "AsyncDns",
  "AutofillServerCommunication",
  "CertificateTransparencyComponentUpdater",
  "DialMediaRouteProvider", // looks for devices by SSDP, UDP to the local network
  "DnsOverHttps",
  "MediaRouter", // looks for devices by mDNS, likewise
  "NetworkTimeServiceQuerying",
  "OptimizationGuideModelDownloading",
  "OptimizationHints",
  "Translate",
];

export const noNetworkSwitches: readonly ChromiumSwitch[] = [
  // Everything goes to this proxy, loopback too ("<-loopback>" takes away the usual exception) ...
  { name: "proxy-server", value: "socks5://127.0.0.1:9" },
  { name: "proxy-bypass-list", value: "<-loopback>" },
  // ... and nothing resolves, not even the proxy's own address: no connection is ever tried.
  { name: "host-resolver-rules", value: "MAP * ~NOTFOUND" },
  { name: "dns-prefetch-disable" },
  { name: "disable-quic" },
  // WebRTC sends UDP past proxies unless told not to; the name of the switch changed over time.
  { name: "webrtc-ip-handling-policy", value: "disable_non_proxied_udp" },
  { name: "force-webrtc-ip-handling-policy", value: "disable_non_proxied_udp" },
  { name: "disable-background-networking" },
  { name: "disable-component-update" },
  { name: "disable-domain-reliability" },
  { name: "disable-client-side-phishing-detection" },
  { name: "disable-field-trial-config" },
  { name: "disable-breakpad" },
  { name: "disable-crash-reporter" },
  { name: "disable-sync" },
  { name: "no-pings" },
  { name: "disable-speech-api" },
  { name: "disable-features", value: disabledFeatures.join(",") },
];

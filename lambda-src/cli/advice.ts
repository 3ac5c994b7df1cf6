// Advice for errors that end a command, and plain messages for file system errors. Only common errors have advice.
import { ecrRegionOf } from '../aws/partition.ts';
import { MissingStoreError, NotFoundError } from '../content/content-store.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { escapeText } from '../core/oci/quotation.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** The message to show for an error. For a file system error, it names the file and the cause. */
export function describeError(error: unknown): string {
  const { code, path } = systemErrorOf(error);
  if (path !== undefined) {
    const name = escapeText(path);
    if (code === 'ENOENT') return `no such file or directory: ${name}`;
    if (code === 'EACCES' || code === 'EPERM') return `permission denied: ${name}`;
    if (code === 'EISDIR') return `expected a file, but this is a directory: ${name}`;
    if (code === 'ENOTDIR') return `part of the path is not a directory: ${name}`;
  }
  if (error instanceof Error && error.message === missingRegion) return 'no AWS region is set';
  return error instanceof Error ? error.message : String(error);
}

/** The AWS SDK's message when no region is configured. */
const missingRegion = 'Region is missing';

/** What the user can do about the error; undefined if the message is enough. */
export function adviseOn(error: unknown): string | undefined {
  if (error instanceof RegistryError) return adviseOnRegistry(error);
  if (error instanceof MissingStoreError) return undefined;
  if (error instanceof NotFoundError) {
    return 'Check the name, and that the image has been pushed.';
  }
  if (error instanceof ContentMismatchError) {
    return 'The stored content does not match the image. Push the image again.';
  }
  if (error instanceof FormatError && (error.format === 'gzip' || error.format === 'tar')) {
    return 'The layer was damaged before it was pushed. Build the image again.';
  }
  if (error instanceof Error && isNoGzip(error.cause)) {
    return 'If it is a plain tar, add --media-type application/vnd.oci.image.layer.v1.tar.';
  }
  if (error instanceof Error && error.message === missingRegion) {
    return 'Set it with --region, AWS_REGION, or the region of an AWS profile.';
  }
  return error instanceof Error ? adviceOnAws.get(error.name) : undefined;
}

/** False for an empty file, and for gzip that is damaged after its first bytes. */
function isNoGzip(error: unknown): boolean {
  return error instanceof FormatError && error.format === 'gzip' && error.offset === 1;
}

const logIn = 'Log in with docker login, or use --username and --password-stdin.';

function adviseOnRegistry({ status, failure }: RegistryError): string | undefined {
  const { host, hostname } = failure.url;
  const isEcr = ecrRegionOf(hostname) !== undefined;
  if (status === undefined) return adviceOnConnections.get(systemErrorOf(failure.cause).code ?? '')?.(host);
  if (status === 401) {
    if (isEcr) {
      return 'ECR identifies you by your AWS credentials (aws sts get-caller-identity shows whose they are) or by docker login.';
    }
    return failure.isAnonymous === true
      ? `The registry requires a user name and password, but none were found for ${host}. ${logIn}`
      : `The registry rejected the user name or password. ${logIn}`;
  }
  if (status === 403) {
    return isEcr
      ? 'Your IAM policy must allow this, and the repository must exist. docs/iam.md lists every action.'
      : failure.isAnonymous === true
        ? `You are not logged in to ${host}. ${logIn}`
        : 'The logged-in user is not allowed to do this. Log in as another user with docker login, or use --username and --password-stdin.';
  }
  if (status === 429) return 'The registry is limiting the rate of requests. Try again in a few minutes.';
  return status >= 500 ? 'The registry reported an internal error. Try again later.' : undefined;
}

const checkNetwork = (host: string) =>
  `${host} cannot be reached. Check the network and its firewalls. If you need a proxy, set HTTPS_PROXY to its URL.`;
const trustAuthority = (host: string) =>
  `The certificate of ${host} is signed by an unknown authority. To trust that authority, pass a file with its certificate: NODE_EXTRA_CA_CERTS=ca.pem soci-index …`;
const speaksNoTls = (host: string) => `If ${host} does not use TLS, add --plain-http.`;
const checkProxy = () =>
  "Check the proxy's URL in HTTPS_PROXY or HTTP_PROXY, and its user name and password if required. NO_PROXY lists hosts to reach without a proxy.";

/**
 * Keyed by the error code of a socket. https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes
 */
const adviceOnConnections: ReadonlyMap<string, (host: string) => string> = new Map([
  [
    'ECONNREFUSED',
    (host: string) => `Nothing is listening at ${host}. Check that the registry is running, and the port.`,
  ],
  ['ENOTFOUND', (host: string) => `The name ${host} has no address. Check its spelling and the network.`],
  ['EAI_AGAIN', (host: string) => `Could not look up the address of ${host}. Check the network.`],
  ['ETIMEDOUT', checkNetwork],
  ['EHOSTUNREACH', checkNetwork],
  ['ENETUNREACH', checkNetwork],
  [
    'ECONNRESET',
    (host: string) =>
      `${host} closed the connection. If it uses TLS, leave out --plain-http; on loopback, add --tls.`,
  ],
  ['EPROTO', speaksNoTls],
  ['ERR_SSL_WRONG_VERSION_NUMBER', speaksNoTls],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', speaksNoTls],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', trustAuthority],
  ['SELF_SIGNED_CERT_IN_CHAIN', trustAuthority],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', trustAuthority],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', trustAuthority],
  [
    'CERT_HAS_EXPIRED',
    (host: string) => `The certificate of ${host} has expired. Renew it, or check the clock of this machine.`,
  ],
  [
    'CERT_NOT_YET_VALID',
    (host: string) =>
      `The certificate of ${host} is not valid yet. Check the clock of this machine, and the certificate's dates.`,
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    (host: string) =>
      `The certificate is not valid for ${host}. Use a host name that it lists, or have it reissued for this one.`,
  ],
  ['ERR_PROXY_REFUSED', checkProxy],
  ['ERR_PROXY_UNAVAILABLE', checkProxy],
  ['ERR_PROXY_UNREACHABLE', checkProxy],
]);

const expiredAwsCredentials =
  'The AWS credentials have expired or are invalid. Log in again, for example with aws sso login.';
const deniedByAws = 'Your IAM policy must allow this. docs/iam.md lists every action.';

/** Keyed by the error name that the AWS SDK takes from the service's response. */
const adviceOnAws: ReadonlyMap<string, string> = new Map([
  [
    'CredentialsProviderError',
    'No AWS credentials were found. Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role. To read or push an image, docker login is enough.',
  ],
  ['ExpiredTokenException', expiredAwsCredentials],
  ['UnrecognizedClientException', expiredAwsCredentials],
  ['AccessDeniedException', deniedByAws],
  ['AccessDenied', deniedByAws],
]);

/** The fields of a Node.js system error. */
function systemErrorOf(error: unknown): { readonly code?: string; readonly path?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const { code, path } = error as { readonly code?: unknown; readonly path?: unknown };
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof path === 'string' && { path }),
  };
}

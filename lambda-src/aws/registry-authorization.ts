// ECR's GetAuthorizationToken: where the registry of this account is, and the password for it. Both are ECR's word, and so
// right in every partition, with every endpoint.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { Credentials, CredentialsProvider } from '../registry/credentials.ts';
import { AwsError } from './aws-error.ts';
import { ecrRegionOf } from './partition.ts';
import { requestHandling } from './request-handling.ts';

export interface EcrRegistry {
  /** Host with optional port, as RegistryStore takes it. */
  readonly registry: string;
  /** Asks for a new password when the one that it has is about to expire. */
  readonly credentials: CredentialsProvider;
}

interface Authorization {
  readonly registry: string;
  readonly credentials: Credentials;
  readonly expiresAtMilliseconds: number;
}

/** A password holds for twelve hours, an invocation for a quarter of one. */
const renewalMilliseconds = 15 * 60 * 1000;

/** The registry of the account whose credentials the SDK finds, in the region that it finds. */
export async function openEcrRegistry(signal?: AbortSignal): Promise<EcrRegistry> {
  const client = new ECRClient({ requestHandler: requestHandling() });
  let held = await requestAuthorization(client, signal);
  const { registry } = held;
  return {
    registry,
    async credentials(asked) {
      // A password is for the one registry that it was given for.
      if (asked !== registry) return undefined;
      if (held.expiresAtMilliseconds - renewalMilliseconds < Date.now()) {
        held = await requestAuthorization(client, signal);
      }
      return held.credentials;
    },
  };
}

/**
 * Credentials for private ECR registries, from the credentials that the SDK finds: undefined for any other registry. The
 * password is good for every account's registry in its region that grants anything to the caller.
 */
export const ecrCredentials: CredentialsProvider = async (registry) => {
  const region = ecrRegionOf(registry);
  if (region === undefined) return undefined;
  return (await requestAuthorization(new ECRClient({ region, requestHandler: requestHandling() })))
    .credentials;
};

async function requestAuthorization(client: ECRClient, signal?: AbortSignal): Promise<Authorization> {
  const command = new GetAuthorizationTokenCommand({});
  const answer = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
  const [data] = answer.authorizationData ?? [];
  const { authorizationToken = '', proxyEndpoint = '', expiresAt } = data ?? {};
  const decoded = Buffer.from(authorizationToken, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1 || !URL.canParse(proxyEndpoint) || expiresAt === undefined) {
    throw new AwsError('ECR answered GetAuthorizationToken without an address, a password and a time');
  }
  return {
    registry: new URL(proxyEndpoint).host,
    credentials: {
      kind: 'password',
      username: decoded.slice(0, colon),
      password: decoded.slice(colon + 1),
    },
    expiresAtMilliseconds: expiresAt.getTime(),
  };
}

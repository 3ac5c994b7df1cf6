// ECR's GetAuthorizationToken: the address of this account's registry, and the password for it. Because both come from ECR,
// they are correct in every partition and with every endpoint.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { Credentials, CredentialsProvider } from '../registry/credentials.ts';
import { AwsError } from './aws-error.ts';
import { ecrRegionOf } from './partition.ts';
import { requestHandling } from './request-handling.ts';

export interface EcrRegistry {
  /** Host with optional port, as for RegistryStore. */
  readonly registry: string;
  /** Requests a new password when the current one is about to expire. */
  readonly credentials: CredentialsProvider;
}

interface Authorization {
  readonly registry: string;
  readonly credentials: Credentials;
  readonly expiresAtMilliseconds: number;
}

/** A password is valid for twelve hours, and an invocation takes at most a quarter of an hour. */
const renewalMilliseconds = 15 * 60 * 1000;

/** The registry of the account and region that the SDK finds. */
export async function openEcrRegistry(signal?: AbortSignal): Promise<EcrRegistry> {
  const client = new ECRClient({ requestHandler: requestHandling() });
  let held = await requestAuthorization(client, signal);
  const { registry } = held;
  return {
    registry,
    async credentials(asked) {
      // A password is valid for the one registry that it was issued for.
      if (asked !== registry) return undefined;
      if (held.expiresAtMilliseconds - renewalMilliseconds < Date.now()) {
        held = await requestAuthorization(client, signal);
      }
      return held.credentials;
    },
  };
}

/**
 * Credentials for private ECR registries, from the credentials that the SDK finds; undefined for any other registry. The
 * password is valid for all registries of the region that grant the caller any access.
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
    throw new AwsError('ECR answered GetAuthorizationToken without an address, a password or an expiry time');
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

// An AWS stand-in for one test, which the SDK finds in the environment, as on Lambda. Adds what the demo does not need:
// errors and other responses.
import { afterEach } from '@jest/globals';
import {
  createAwsStandIn,
  type AwsAnswer,
  type AwsCall,
  type AwsStandIn,
} from '../../lambda-src/demo/aws-stand-in.ts';

export interface AwsAnswers {
  /** `http://127.0.0.1:PORT`: the address that ECR returns for the registry. */
  readonly registryUrl?: string;
  /** The password that ECR returns. @default that of local-registry with `ecrWays` */
  readonly password?: string;
  /** Fields of ECR's response about the registry and the password that replace the default ones. */
  readonly authorization?: Readonly<Record<string, unknown>>;
  /** ECR's description of a repository, without its name. @default its tags are mutable */
  readonly repository?: Readonly<Record<string, unknown>>;
  /** ECR's response to DescribeImages. @default no images */
  readonly describeImages?: (input: unknown) => object;
  /** Fields of EventBridge's response to PutEvents, which can reject events with status 200. */
  readonly putEventsAnswer?: () => object | undefined;
  /** Rejects calls. @default none */
  readonly refuse?: (call: AwsCall) => AwsRefusal | undefined;
  /** Receives each event with which a function was invoked, after the response. */
  readonly onInvoke?: (functionName: string, event: unknown) => void;
}

export interface AwsRefusal {
  readonly status: number;
  /** The error's name, such as `AccessDeniedException`. */
  readonly type: string;
  readonly message: string;
}

const passwordLifetimeSeconds = 12 * 60 * 60;

/** A stand-in with these responses. */
export function createAws({ registryUrl, onInvoke, ...answers }: AwsAnswers = {}): Promise<AwsStandIn> {
  return createAwsStandIn({
    ...(registryUrl !== undefined && { registryUrl }),
    ...(onInvoke !== undefined && { onInvoke }),
    intercept(call) {
      const refusal = answers.refuse?.(call);
      return refusal === undefined ? answerTo(call, registryUrl, answers) : formatRefusal(refusal);
    },
  });
}

/** Lambda names the error in a header and ECR in the body; the SDK accepts either. */
function formatRefusal({ status, type, message }: AwsRefusal): AwsAnswer {
  return { status, headers: { 'x-amzn-errortype': type }, body: { __type: type, message } };
}

function answerTo(
  { action, input }: AwsCall,
  registryUrl: string | undefined,
  answers: AwsAnswers,
): AwsAnswer | undefined {
  switch (action) {
    case 'GetAuthorizationToken': {
      if (answers.password === undefined && answers.authorization === undefined) return undefined;
      const data = {
        authorizationToken: Buffer.from(`AWS:${answers.password ?? 'ecr-authorization-token'}`).toString(
          'base64',
        ),
        // JSON 1.1 expresses times in seconds.
        expiresAt: Date.now() / 1000 + passwordLifetimeSeconds,
        proxyEndpoint: registryUrl,
        ...answers.authorization,
      };
      return { status: 200, body: { authorizationData: [data] } };
    }
    case 'DescribeRepositories': {
      if (answers.repository === undefined) return undefined;
      const { repositoryNames } = input as { repositoryNames: readonly string[] };
      const described = { imageTagMutability: 'MUTABLE', ...answers.repository };
      const repositories = repositoryNames.map((repositoryName) => ({ repositoryName, ...described }));
      return { status: 200, body: { repositories } };
    }
    case 'DescribeImages': {
      const body = answers.describeImages?.(input);
      return body && { status: 200, body };
    }
    case 'PutEvents': {
      const body = answers.putEventsAnswer?.();
      return body && { status: 200, body };
    }
    default:
      return undefined;
  }
}

/** The environment variables by which the SDK finds the stand-in. */
export function standInEnvironment({ url }: Pick<AwsStandIn, 'url'>): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_ECR: url,
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-access-key',
  };
}

/** Closes the stand-ins and restores the environment after each test of the file. */
export function useAws(): (answers?: AwsAnswers) => Promise<AwsStandIn> {
  const environment = { ...process.env };
  const opened: AwsStandIn[] = [];
  afterEach(async () => {
    process.env = { ...environment };
    await Promise.all(opened.splice(0).map((standIn) => standIn.close()));
  });
  return async (answers) => {
    const standIn = await createAws(answers);
    opened.push(standIn);
    Object.assign(process.env, standInEnvironment(standIn));
    return standIn;
  };
}

// A stand-in for AWS for one test, where the SDK looks for it: in the environment, as on Lambda. What the demo does not
// need of it, refusals and other answers, is added here.
import { afterEach } from '@jest/globals';
import {
  createAwsStandIn,
  type AwsAnswer,
  type AwsCall,
  type AwsStandIn,
} from '../../lambda-src/demo/aws-stand-in.ts';

export interface AwsAnswers {
  /** `http://127.0.0.1:PORT`: where ECR says that the registry is. */
  readonly registryUrl?: string;
  /** The password that ECR gives. @default that of local-registry with ECR's ways */
  readonly password?: string;
  /** Fields of ECR's answer about the registry and the password, in place of the usual ones. */
  readonly authorization?: Readonly<Record<string, unknown>>;
  /** How ECR describes a repository, except for its name. @default its tags can be moved */
  readonly repository?: Readonly<Record<string, unknown>>;
  /** What ECR answers to DescribeImages. @default no images */
  readonly describeImages?: (input: unknown) => object;
  /** Fields of EventBridge's answer to events, which it refuses with status 200. */
  readonly putEventsAnswer?: () => object | undefined;
  /** Refuses calls. @default none */
  readonly refuse?: (call: AwsCall) => AwsRefusal | undefined;
  /** Receives each event that a function was invoked with, after the answer. */
  readonly onInvoke?: (functionName: string, event: unknown) => void;
}

export interface AwsRefusal {
  readonly status: number;
  /** The error's name, such as `AccessDeniedException`. */
  readonly type: string;
  readonly message: string;
}

const passwordLifetimeSeconds = 12 * 60 * 60;

/** A stand-in that gives these answers. */
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

/** Lambda names the error in a header, ECR in the body; the SDK takes either. */
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
        // JSON 1.1 writes times in seconds.
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

/** The variables by which the SDK finds the stand-in. */
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

/** Stand-ins that are closed, and an environment that is put back, after each test of the file. */
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

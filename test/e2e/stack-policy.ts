// What a policy grants, in the part of IAM's language that the module's policies are written in. Anything beyond it is
// refused, so that nothing is judged wrongly.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html

export interface PolicyStatement {
  readonly name: string;
  /** Whom the policy of a resource names; undefined in the policy of a role, which is about the role. */
  readonly service: string | undefined;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly PolicyCondition[];
}

interface PolicyCondition {
  /** In lower case, as IAM does not tell case apart here: `aws:sourcearn`. */
  readonly key: string;
  readonly values: readonly string[];
  readonly allowsWildcards: boolean;
}

/** One action on one resource. */
export interface AwsCall {
  /** `ecr:PutImage` */
  readonly action: string;
  /** An ARN, or `*` for an action that knows no resources. */
  readonly resource: string;
  /** By condition key in lower case, such as `aws:sourcearn`. */
  readonly context?: Readonly<Record<string, string>>;
}

/** A call of an AWS service in its own name, on account of something. */
export interface ServiceCall extends AwsCall {
  /** `events.amazonaws.com` */
  readonly service: string;
}

/** One action on one pattern of resources, out of a statement. */
export interface Grant {
  readonly statement: string;
  readonly action: string;
  readonly resource: string;
  readonly conditions: readonly PolicyCondition[];
}

/** Which condition operators there are, and whether their values are patterns. */
const operators: ReadonlyMap<string, boolean> = new Map([
  ['ArnEquals', true],
  ['ArnLike', true],
  ['StringEquals', false],
]);

/** @throws Error for what is not an Allow of named actions on named resources. */
export function parsePolicy(text: string): readonly PolicyStatement[] {
  const { Statement: statements } = JSON.parse(text) as { readonly Statement: readonly object[] };
  return statements.map((statement, index) => {
    const { Sid, Effect, Principal, Action, Resource, Condition, ...others } = statement as Readonly<
      Record<string, unknown>
    >;
    if (Effect !== 'Allow' || Object.keys(others).length > 0) {
      throw new Error(`a statement is more than an Allow: ${JSON.stringify(statement)}`);
    }
    return {
      name: typeof Sid === 'string' ? Sid : `statement ${index}`,
      service: Principal === undefined ? undefined : (Principal as { readonly Service: string }).Service,
      actions: listOf(Action),
      resources: listOf(Resource),
      conditions: Object.entries(Condition ?? {}).flatMap(([operator, keys]) => {
        const allowsWildcards = operators.get(operator);
        if (allowsWildcards === undefined) throw new Error(`a condition is of another kind: ${operator}`);
        return Object.entries(keys as object).map(([key, values]) => ({
          key: key.toLowerCase(),
          values: listOf(values),
          allowsWildcards,
        }));
      }),
    };
  });
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as string[]) : [value as string];
}

/** All that the policy of a role grants, pair by pair. @throws Error for the statement of a resource's policy. */
export function listGrants(statements: readonly PolicyStatement[]): readonly Grant[] {
  return statements.flatMap(({ name, service, actions, resources, conditions }) => {
    if (service !== undefined) throw new Error(`the statement ${name} is not of a role`);
    return actions.flatMap((action) =>
      resources.map((resource) => ({ statement: name, action, resource, conditions })),
    );
  });
}

export function isCovered(call: AwsCall, grant: Omit<Grant, 'statement'>): boolean {
  return (
    matchesPattern(call.action.toLowerCase(), grant.action.toLowerCase()) &&
    matchesPattern(call.resource, grant.resource) &&
    grant.conditions.every((condition) => isMet(condition, call))
  );
}

/** What a call does not tell does not meet a condition. */
function isMet({ key, values, allowsWildcards }: PolicyCondition, { context = {} }: AwsCall): boolean {
  const actual = context[key];
  if (actual === undefined) return false;
  return allowsWildcards ? values.some((value) => matchesPattern(actual, value)) : values.includes(actual);
}

/** Whether the policy of a resource lets a service do something to it. */
export function isServiceAllowed(call: ServiceCall, statements: readonly PolicyStatement[]): boolean {
  return statements.some(
    ({ service, actions, resources, conditions }) =>
      service === call.service &&
      actions.some((action) =>
        resources.some((resource) => isCovered(call, { action, resource, conditions })),
      ),
  );
}

/** `*` is any run of characters, `?` any one of them; nothing else is special. */
function matchesPattern(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

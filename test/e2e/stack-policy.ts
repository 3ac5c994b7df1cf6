// Evaluates policies in the part of IAM's language that the module uses. Anything else is rejected, so that nothing is
// judged wrongly.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html

export interface PolicyStatement {
  readonly name: string;
  /** The principal of a resource policy; undefined in a role policy, which applies to the role. */
  readonly service: string | undefined;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly PolicyCondition[];
}

interface PolicyCondition {
  /** In lower case, because IAM ignores the case of keys: `aws:sourcearn`. */
  readonly key: string;
  readonly values: readonly string[];
  readonly allowsWildcards: boolean;
}

/** One action on one resource. */
export interface AwsCall {
  /** `ecr:PutImage` */
  readonly action: string;
  /** An ARN, or `*` for an action that does not support resources. */
  readonly resource: string;
  /** Values by condition key in lower case, such as `aws:sourcearn`. */
  readonly context?: Readonly<Record<string, string>>;
}

/** A call that an AWS service makes itself, on behalf of a resource. */
export interface ServiceCall extends AwsCall {
  /** `events.amazonaws.com` */
  readonly service: string;
}

/** One action on one resource pattern, from a statement. */
export interface Grant {
  readonly statement: string;
  readonly action: string;
  readonly resource: string;
  readonly conditions: readonly PolicyCondition[];
}

/** The supported condition operators, and whether their values may be patterns. */
const operators: ReadonlyMap<string, boolean> = new Map([
  ['ArnEquals', true],
  ['ArnLike', true],
  ['StringEquals', false],
]);

/** @throws Error for anything but an Allow of named actions on named resources. */
export function parsePolicy(text: string): readonly PolicyStatement[] {
  const { Statement: statements } = JSON.parse(text) as { readonly Statement: readonly object[] };
  return statements.map((statement, index) => {
    const { Sid, Effect, Principal, Action, Resource, Condition, ...others } = statement as Readonly<
      Record<string, unknown>
    >;
    if (Effect !== 'Allow' || Object.keys(others).length > 0) {
      throw new Error(`unsupported statement: ${JSON.stringify(statement)}`);
    }
    return {
      name: typeof Sid === 'string' ? Sid : `statement ${index}`,
      service: Principal === undefined ? undefined : (Principal as { readonly Service: string }).Service,
      actions: listOf(Action),
      resources: listOf(Resource),
      conditions: Object.entries(Condition ?? {}).flatMap(([operator, keys]) => {
        const allowsWildcards = operators.get(operator);
        if (allowsWildcards === undefined) throw new Error(`unsupported condition operator: ${operator}`);
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

/**
 * All grants of a role policy, one for each pair of action and resource. @throws Error for a statement of a resource
 * policy.
 */
export function listGrants(statements: readonly PolicyStatement[]): readonly Grant[] {
  return statements.flatMap(({ name, service, actions, resources, conditions }) => {
    if (service !== undefined) throw new Error(`the statement ${name} is not from a role policy`);
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

/** A condition is not met if the call's context lacks its key. */
function isMet({ key, values, allowsWildcards }: PolicyCondition, { context = {} }: AwsCall): boolean {
  const actual = context[key];
  if (actual === undefined) return false;
  return allowsWildcards ? values.some((value) => matchesPattern(actual, value)) : values.includes(actual);
}

/** Whether a resource policy allows a service to make this call. */
export function isServiceAllowed(call: ServiceCall, statements: readonly PolicyStatement[]): boolean {
  return statements.some(
    ({ service, actions, resources, conditions }) =>
      service === call.service &&
      actions.some((action) =>
        resources.some((resource) => isCovered(call, { action, resource, conditions })),
      ),
  );
}

/** `*` matches any run of characters, and `?` any single one; nothing else is special. */
function matchesPattern(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

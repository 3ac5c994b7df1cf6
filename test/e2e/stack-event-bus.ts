// EventBridge's default bus: matches events against an account's rules, with AWS's own matcher, and invokes their targets
// if these allow it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
import { judge } from '../helpers/event-matcher.ts';
import type { AwsAccount, EventRule } from './stack-account.ts';
import { isServiceAllowed } from './stack-policy.ts';

const service = 'events.amazonaws.com';

export class EventBus {
  /** @param invoke Receives an event for the function with this ARN. */
  constructor(
    readonly account: AwsAccount,
    readonly accountId: string,
    readonly invoke: (functionArn: string, event: unknown) => void,
  ) {}

  /** Delivers each event to the targets of matching rules, in order. @returns Their names, for each event. */
  async put(events: readonly unknown[]): Promise<readonly (readonly string[])[]> {
    if (events.length === 0) return [];
    const rules = await this.account.listRules();
    const verdicts = judge(
      Object.fromEntries(rules.map(({ name, pattern }) => [name, pattern])),
      Object.fromEntries(events.entries()),
    );
    const matches: string[][] = [];
    for (const [index, event] of events.entries()) {
      const matching: string[] = [];
      matches.push(matching);
      for (const rule of rules) {
        const verdict = verdicts[rule.name]!;
        if ('refused' in verdict) throw new Error(`EventBridge refuses ${rule.name}: ${verdict.refused}`);
        if (!verdict.matches.includes(String(index))) continue;
        matching.push(rule.name);
        for (const target of rule.targets) await this.#deliver(rule, target, event);
      }
    }
    return matches;
  }

  /** An event that the bus may not deliver goes to the dead-letter queue at once, without retries. */
  async #deliver(rule: EventRule, target: EventRule['targets'][number], event: unknown): Promise<void> {
    const source = {
      service,
      context: { 'aws:sourcearn': rule.arn, 'aws:sourceaccount': this.accountId },
    };
    const functionPolicy = await this.account.fetchFunctionPolicy(target.arn.split(':').at(-1)!);
    const invocation = { ...source, action: 'lambda:InvokeFunction', resource: target.arn };
    if (isServiceAllowed(invocation, functionPolicy)) {
      this.invoke(target.arn, event);
      return;
    }
    const queuePolicy = await this.account.fetchQueuePolicy(target.deadLetterQueueArn);
    const message = { ...source, action: 'sqs:SendMessage', resource: target.deadLetterQueueArn };
    if (!isServiceAllowed(message, queuePolicy)) throw new Error(`${rule.name} has lost an event`);
    await this.account.sendMessage(target.deadLetterQueueArn, event, {
      RULE_ARN: rule.arn,
      TARGET_ARN: target.arn,
    });
  }
}

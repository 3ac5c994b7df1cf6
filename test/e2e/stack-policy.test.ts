// Tests the evaluator that judges the applied stack's policies.
import { describe, expect, test } from '@jest/globals';
import { isCovered, isServiceAllowed, listGrants, parsePolicy } from './stack-policy.ts';

const repository = 'arn:aws:ecr:eu-west-1:111122223333:repository';

describe('a grant', () => {
  test.each([
    ['ecr:PutImage', `${repository}/dev`, true],
    ['ecr:putimage', `${repository}/dev`, true],
    ['ecr:PutImages', `${repository}/dev`, false],
    ['xecr:PutImage', `${repository}/dev`, false],
    ['ecr:PutImage', `${repository}/dev/web`, false],
    ['ecr:PutImage', `${repository}/Dev`, false],
  ])('of ecr:PutImage on repository/dev covers %s on %s: %s', (action, resource, expected) => {
    const grant = { action: 'ecr:PutImage', resource: `${repository}/dev`, conditions: [] };
    expect(isCovered({ action, resource }, grant)).toBe(expected);
  });

  test.each([
    ['prod*', 'prod', true],
    ['prod*', 'prod/web', true],
    ['prod*', 'preprod', false],
    ['*/web', 'team/web', true],
    ['*/web', 'team/web/x', false],
    ['team.a', 'team-a', false],
    ['team-?', 'team-a', true],
    ['team-?', 'team-', false],
    ['*', 'any/thing', true],
  ])('on repository/%s covers repository/%s: %s', (pattern, name, expected) => {
    const grant = { action: 'ecr:*', resource: `${repository}/${pattern}`, conditions: [] };
    expect(isCovered({ action: 'ecr:PutImage', resource: `${repository}/${name}` }, grant)).toBe(expected);
  });
});

describe('a role policy', () => {
  const statement = { Sid: 'One', Effect: 'Allow', Action: ['a:B', 'a:C'], Resource: ['r/1', 'r/2'] };

  test('grants each action on each resource, and may have single values instead of lists', () => {
    const single = { Effect: 'Allow', Action: 'd:E', Resource: '*' };
    expect(listGrants(parsePolicy(JSON.stringify({ Statement: [statement, single] })))).toEqual([
      { statement: 'One', action: 'a:B', resource: 'r/1', conditions: [] },
      { statement: 'One', action: 'a:B', resource: 'r/2', conditions: [] },
      { statement: 'One', action: 'a:C', resource: 'r/1', conditions: [] },
      { statement: 'One', action: 'a:C', resource: 'r/2', conditions: [] },
      { statement: 'statement 1', action: 'd:E', resource: '*', conditions: [] },
    ]);
  });

  test.each([
    ['the value', { 'events:source': 'ours' }, true],
    ['another value', { 'events:source': 'ours too' }, false],
    ['a value of another key', { 'events:detail-type': 'ours' }, false],
    ['nothing', undefined, false],
  ])('checks its condition against a call with %s', (_what, context, expected) => {
    const Condition = { StringEquals: { 'events:source': 'ours' } };
    const [grant] = listGrants(
      parsePolicy(
        JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 'a:B', Resource: 'r', Condition }] }),
      ),
    );
    const call = { action: 'a:B', resource: 'r', ...(context && { context }) };
    expect(isCovered(call, grant!)).toBe(expected);
  });

  test.each([
    ['a Deny', { Effect: 'Deny' }],
    ['NotAction', { NotAction: ['a:D'] }],
    ['NotResource', { NotResource: ['r/3'] }],
    ['an unknown condition operator', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
    ['a principal', { Principal: { Service: 'events.amazonaws.com' } }],
  ])('is rejected if it has %s', (_what, addition) => {
    const text = JSON.stringify({ Statement: [{ ...statement, ...addition }] });
    expect(() => listGrants(parsePolicy(text))).toThrow(/statement|condition/);
  });
});

describe('a resource policy', () => {
  const statements = parsePolicy(
    JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: 'queue',
          Condition: {
            ArnLike: { 'AWS:SourceArn': 'arn:rule/push*' },
            StringEquals: { 'AWS:SourceAccount': '1111*' },
          },
        },
      ],
    }),
  );
  const call = {
    service: 'events.amazonaws.com',
    action: 'sqs:SendMessage',
    resource: 'queue',
    context: { 'aws:sourcearn': 'arn:rule/push-1', 'aws:sourceaccount': '1111*' },
  };

  test('allows the named service to perform the named action', () => {
    expect(isServiceAllowed(call, statements)).toBe(true);
  });

  test.each([
    ['another service', { service: 's3.amazonaws.com' }],
    ['another action', { action: 'sqs:ReceiveMessage' }],
    ['another resource', { resource: 'queue-2' }],
    ['another source', { context: { ...call.context, 'aws:sourcearn': 'arn:rule/other' } }],
    [
      'a value that only a wildcard would match',
      { context: { ...call.context, 'aws:sourceaccount': '11112222' } },
    ],
    ['a missing source', { context: { 'aws:sourceaccount': '1111*' } }],
  ])('does not allow %s', (_what, change) => {
    expect(isServiceAllowed({ ...call, ...change }, statements)).toBe(false);
  });
});

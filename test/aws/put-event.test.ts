import { describe, expect, test } from '@jest/globals';
import { putEvent } from '../../lambda-src/aws/put-event.ts';
import { useAws } from '../helpers/aws.ts';

const openAws = useAws();

const event = {
  busName: 'bus',
  source: 'ours',
  detailType: 'Something Happened',
  detail: { text: 'ü', n: 1 },
};
const never = new AbortController().signal;

/** A response with status 200 that rejects the event. */
function refusal(code: string): Readonly<Record<string, unknown>> {
  return { FailedEntryCount: 1, Entries: [{ ErrorCode: code, ErrorMessage: 'not now' }] };
}

describe('putEvent', () => {
  test('puts an event on the bus once, with its detail as JSON', async () => {
    const aws = await openAws();
    await putEvent(event, never);
    expect(aws.calls).toEqual([
      {
        action: 'PutEvents',
        input: {
          Entries: [
            {
              EventBusName: 'bus',
              Source: 'ours',
              DetailType: 'Something Happened',
              Detail: '{"text":"ü","n":1}',
            },
          ],
        },
      },
    ]);
  });

  test('throws if EventBridge rejects the event in a response with status 200', async () => {
    const aws = await openAws({ putEventsAnswer: () => refusal('NotAuthorizedForSourceException') });
    await expect(putEvent(event, never)).rejects.toThrow(
      'EventBridge refused the event on the bus bus: NotAuthorizedForSourceException, not now',
    );
    expect(aws.calls).toHaveLength(1);
  });

  test.each(['ThrottlingException', 'InternalFailure'])(
    'retries after a transient error (%s)',
    async (code) => {
      let answers = 0;
      const aws = await openAws({ putEventsAnswer: () => (++answers < 3 ? refusal(code) : undefined) });
      await putEvent(event, never);
      expect(aws.calls).toHaveLength(3);
    },
  );

  test('gives up after three attempts', async () => {
    const aws = await openAws({ putEventsAnswer: () => refusal('ThrottlingException') });
    await expect(putEvent(event, never)).rejects.toThrow('ThrottlingException');
    expect(aws.calls).toHaveLength(3);
  });

  test('throws if the response has no entry for the event', async () => {
    await openAws({ putEventsAnswer: () => ({ Entries: [] }) });
    await expect(putEvent(event, never)).rejects.toThrow('no answer');
  });

  test("throws AWS's error if the bus is missing or access is denied", async () => {
    await openAws({
      refuse: () => ({ status: 400, type: 'AccessDeniedException', message: 'no events:PutEvents' }),
    });
    await expect(putEvent(event, never)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'no events:PutEvents',
    });
  });

  test('stops retrying when the signal aborts', async () => {
    const controller = new AbortController();
    await openAws({
      putEventsAnswer: () => {
        controller.abort();
        return refusal('ThrottlingException');
      },
    });
    await expect(putEvent(event, controller.signal)).rejects.toThrow(
      'EventBridge did not accept the event in time; a function in a VPC needs the "events" endpoint',
    );
  });
});

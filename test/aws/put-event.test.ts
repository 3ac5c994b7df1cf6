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

/** An answer of status 200 that refuses the event. */
function refusal(code: string): Readonly<Record<string, unknown>> {
  return { FailedEntryCount: 1, Entries: [{ ErrorCode: code, ErrorMessage: 'not now' }] };
}

describe('an event', () => {
  test('is put on the bus once, with its detail as JSON', async () => {
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

  test('that EventBridge refuses with status 200 is not taken for one that it has', async () => {
    const aws = await openAws({ putEventsAnswer: () => refusal('NotAuthorizedForSourceException') });
    await expect(putEvent(event, never)).rejects.toThrow(
      'EventBridge refused the event on the bus bus: NotAuthorizedForSourceException, not now',
    );
    expect(aws.calls).toHaveLength(1);
  });

  test.each(['ThrottlingException', 'InternalFailure'])(
    'that is refused for the moment (%s) is put again',
    async (code) => {
      let answers = 0;
      const aws = await openAws({ putEventsAnswer: () => (++answers < 3 ? refusal(code) : undefined) });
      await putEvent(event, never);
      expect(aws.calls).toHaveLength(3);
    },
  );

  test('that is refused three times is given up', async () => {
    const aws = await openAws({ putEventsAnswer: () => refusal('ThrottlingException') });
    await expect(putEvent(event, never)).rejects.toThrow('ThrottlingException');
    expect(aws.calls).toHaveLength(3);
  });

  test('of which the answer says nothing is not taken for one that EventBridge has', async () => {
    await openAws({ putEventsAnswer: () => ({ Entries: [] }) });
    await expect(putEvent(event, never)).rejects.toThrow('no answer');
  });

  test('to a bus that is not there, or not ours, is an error with the words of AWS', async () => {
    await openAws({
      refuse: () => ({ status: 400, type: 'AccessDeniedException', message: 'no events:PutEvents' }),
    });
    await expect(putEvent(event, never)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'no events:PutEvents',
    });
  });

  test('that nobody answers ends when the signal says so', async () => {
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

import { describe, expect, test } from '@jest/globals';
import { invokeFunction } from '../../lambda-src/aws/invoke-function.ts';
import { useAws } from '../helpers/aws.ts';

const openAws = useAws();

describe('invokeFunction', () => {
  test('invokes the function asynchronously with the unchanged event', async () => {
    const aws = await openAws();
    const event = { detail: { 'image-tag': 'ünïcode', list: [1, null] } };
    await invokeFunction('name-generator', event);
    expect(aws.calls).toEqual([
      { action: 'Invoke', functionName: 'name-generator', invocationType: 'Event', input: event },
    ]);
  });

  test('throws if the function does not exist, so that the event is not lost', async () => {
    const aws = await openAws({
      refuse: () => ({ status: 404, type: 'ResourceNotFoundException', message: 'Function not found' }),
    });
    await expect(invokeFunction('gone', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(aws.calls).toHaveLength(1);
  });

  test('throws unless Lambda confirms that it has queued the event', async () => {
    await openAws({ refuse: () => ({ status: 200, type: '', message: '' }) });
    await expect(invokeFunction('name', {})).rejects.toThrow(
      'Lambda answered the invocation of name with status 200',
    );
  });

  test('retries if Lambda is briefly too busy', async () => {
    let refusals = 0;
    const aws = await openAws({
      refuse: () =>
        ++refusals < 3 ? { status: 503, type: 'ServiceException', message: 'try again' } : undefined,
    });
    await invokeFunction('name', {});
    expect(aws.calls).toHaveLength(3);
  });
});

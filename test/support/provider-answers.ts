import type { FaultRule } from '../../src/simulator/behaviour/faults.ts';

const usualUsage = { prompt_tokens: 300, completion_tokens: 60 };

/** Makes captions come with this content, such as `{"caption":"…","hashtags":[]}`, or another usage. */
export function captionAnswer({
  content = '{"caption":"Fresh from the farm.","hashtags":["coffee"]}',
  usage = usualUsage,
}: {
  content?: string;
  usage?: Record<string, number> | null;
}): FaultRule {
  const message = { role: 'assistant', content, refusal: null };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { kind: 'scripted', endpoint: 'chat', body: { choices, usage } };
}

/** Makes a failed call of the chat endpoint answer with this status and code. */
export function captionError(status: number, code: string): FaultRule {
  const error = { message: 'Refused (simulated).', type: 'invalid_request_error', param: null, code };
  return { kind: 'scripted', endpoint: 'chat', status, body: { error } };
}

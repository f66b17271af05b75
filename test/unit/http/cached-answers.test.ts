import { expect, it } from 'vitest';
import { answerCodec } from '../../../src/http/fast-path/cached-answers.ts';

it('an answer comes back from the shared cache with what the log says of it', () => {
  const note = {
    operation: 'Posts',
    kind: 'query',
    ids: ['UG9zdDo5YThiN2M2ZC01ZTRmLTQzMmEtODFiMC1jMWQyZTNmNGE1YjY'],
  } as const;
  for (const answer of [
    { content: '{"data":{"post":{"caption":"one\\ntwo"}}}', rootFields: 1, note },
    { content: Buffer.from('x'.repeat(9_000)), rootFields: 3, note: { kind: 'query', ids: [] } as const },
  ])
    expect(answerCodec.fromText(answerCodec.toText(answer))).toEqual(answer);
});

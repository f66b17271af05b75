/** The kinds of work that Pressrun does. Each has a file of its name in engine/jobs/. */
export const runKinds: readonly string[] = ['write-post', 'plan-batch'];

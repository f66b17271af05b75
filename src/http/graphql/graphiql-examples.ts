/** The operations that GraphiQL shows at first: the main workflow, step by step. */
export const exampleOperations = `# Welcome to Pressrun. Run these one after another with the play button.
#
# 1. Register (or log in: login takes the same input), and put the access token into the Headers
#    tab below, in place of THE_TOKEN. Every operation then sends it.
mutation Register {
  register(input: { email: "me@example.com", password: "correct horse battery" }) {
    ... on Login { accessToken }
    ... on Error { code message }
  }
}

# 2. Describe a campaign, and copy its id into the operations below.
mutation CreateCampaign {
  createCampaign(
    input: {
      name: "Spring launch"
      brand: "Alpenglow Coffee"
      description: "A light roast from small farms, sold in refillable tins."
      tone: FRIENDLY
      targetAudience: "City people who cycle to work"
      language: "en"
      channel: INSTAGRAM
    }
  ) {
    ... on Campaign { id }
    ... on Error { code message }
  }
}

# 3. Start a batch of five posts, and copy its id.
mutation StartBatch {
  startBatch(input: { campaignId: "CAMPAIGN_ID", postCount: 5 }) {
    ... on Batch { id }
    ... on Error { code message }
  }
}

# 4. Follow the batch.
subscription Watch {
  batchEvents(batchId: "BATCH_ID") {
    cursor
    ... on PostStageEvent { postId stage }
    ... on PostCompletedEvent {
      post { position caption hashtags imageUrl }
      progress { completedCount postCount }
    }
    ... on PostFailedEvent { errorCode errorMessage }
    ... on BatchCompletedEvent { progress { completedCount failedCount } }
  }
}

# 5. Look at the posts, and copy an id with its version.
query Posts {
  posts(filter: { status: [COMPLETED] }, order: { by: POSITION, direction: ASC }, first: 5) {
    totalCount
    edges { node { id version caption hashtags imageUrl review } }
    pageInfo { hasNextPage endCursor }
  }
}

# 6. Write a caption yourself, regenerate an image, and approve the post.
mutation EditPost {
  editPost(input: { postId: "POST_ID", expectedVersion: 2, caption: "In your own words" }) {
    ... on Post { version caption revisions { number field author isCurrent } }
    ... on Error { code message }
  }
}

mutation RegeneratePost {
  regeneratePost(input: { postId: "POST_ID", part: IMAGE, instruction: "Show the tins" }) {
    ... on Post { id status }
    ... on Error { code message }
  }
}

mutation ApprovePost {
  approvePost(input: { postId: "POST_ID", expectedVersion: 4 }) {
    ... on Post { version review }
    ... on Error { code message }
  }
}

# 7. Export the batch: GET /export/batches/BATCH_ID.csv, .jsonl or .zip, with the same header.
`;

/** The first content of GraphiQL's Headers tab. */
export const exampleHeaders = JSON.stringify({ authorization: 'Bearer THE_TOKEN' }, null, 2);

/** What GraphiQL opens with: the main job, step by step. */
export const exampleOperations = `# Welcome to Pressrun. Run these one after another with the play button.
#
# 1. Register, and copy the access token into the Headers tab below:
#    { "authorization": "Bearer THE_TOKEN" }
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

# 3. Order five posts, and copy the batch's id.
mutation StartBatch {
  startBatch(input: { campaignId: "CAMPAIGN_ID", postCount: 5 }) {
    ... on Batch { id }
    ... on Error { code message }
  }
}

# 4. Watch them being made.
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
`;

-- Admission in Redis: the rules of gcra.ts and memory-admission.ts, atomic over all instances. The reasons
-- are explained there; the differential test of test/contract/provider/admission-redis.test.ts holds the two together.
--
-- KEYS  1 slots (sorted set: permit, ms at which it expires)  2 pause (ms until)  3… one hash a bucket
-- ARGV  1 operation  2 now in ms, '' for Redis' own clock  3 burstSeconds  4 utilisation
--       then for each bucket its limit by setting ('' for none) and an amount; then the operation's own.
-- Times and amounts go back as text: Redis cuts the fraction off numbers.

-- A bucket that is unused for this long is dropped; the next answer's headers have its limit again.
local rememberMs = 3600000
local bucketCount = #KEYS - 2
local pace = { burstSeconds = tonumber(ARGV[3]), utilisation = tonumber(ARGV[4]) }
local own = function(index) return ARGV[4 + 2 * bucketCount + index] end

local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
end

local function text(number) return string.format('%.17g', number) end

local function load(index)
  local key = KEYS[2 + index]
  local saved = redis.call('HMGET', key, 'limit', 'factor', 'tat', 'reserved', 'drained', 'slowed', 'stepped')
  return {
    key = key,
    limit = tonumber(saved[1]) or tonumber(ARGV[3 + 2 * index]),
    amount = tonumber(ARGV[4 + 2 * index]),
    factor = tonumber(saved[2]) or 1,
    tat = tonumber(saved[3]) or 0,
    reserved = tonumber(saved[4]) or 0,
    drained = tonumber(saved[5]) or 0,
    slowed = tonumber(saved[6]) or -math.huge,
    stepped = tonumber(saved[7]) or -math.huge,
  }
end

local function loadAll()
  local buckets = {}
  for index = 1, bucketCount do buckets[index] = load(index) end
  return buckets
end

local function save(bucket, ...)
  redis.call('HSET', bucket.key, 'tat', text(bucket.tat), 'reserved', text(bucket.reserved), ...)
  redis.call('PEXPIRE', bucket.key, rememberMs)
end

local function rateOf(bucket)
  return bucket.limit and bucket.limit * bucket.factor * pace.utilisation
end

local function burstOf(rate)
  return math.max(1, (rate / 60) * pace.burstSeconds)
end

local function changeRate(bucket, field, value)
  local before = rateOf(bucket)
  bucket[field] = value
  local after = rateOf(bucket)
  if before and after and bucket.tat > now then
    bucket.tat = math.max(bucket.reserved, now + ((bucket.tat - now) * before) / after)
  end
end

local function keepSlot(permit, endsAt)
  redis.call('ZADD', KEYS[1], text(endsAt), permit)
end

local function pausedForMs()
  return math.max(0, (tonumber(redis.call('GET', KEYS[2]) or nil) or 0) - now)
end

local operations = {}

-- own: wanted, what the permits' names begin with, maxSlots ('' for permits without slots), horizonMs, slotTtlMs
-- answers {retry in ms, reason (0 none, -1 slots, -2 paused, else the bucket's index), wait of each permit …}
function operations.acquire()
  local wanted, name, maxSlots = tonumber(own(1)), own(2), tonumber(own(3))
  local horizonMs, slotTtlMs = tonumber(own(4)), tonumber(own(5))
  local paused = pausedForMs()
  if paused > 0 then return { text(paused), -2 } end

  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
  local free = maxSlots and maxSlots - redis.call('ZCARD', KEYS[1]) or math.huge
  local buckets = loadAll()
  local limited = {}
  for index, bucket in ipairs(buckets) do
    local rate = rateOf(bucket)
    if rate then
      local interval = 60000 / rate
      table.insert(limited, {
        bucket = bucket,
        index = index,
        early = math.max(0, burstOf(rate) - bucket.amount) * interval,
        length = bucket.amount * interval,
      })
    end
  end

  local answer, given = { '0', 0 }, 0
  while given < wanted do
    if given >= free then
      answer[1], answer[2] = '250', -1
      break
    end
    local at, last = now, 0
    for _, cost in ipairs(limited) do
      local release = cost.bucket.tat - cost.early
      if release > at then at, last = release, cost.index end
    end
    if at > now + horizonMs then
      answer[1], answer[2] = text(at - horizonMs - now), last
      break
    end
    for _, cost in ipairs(limited) do
      cost.bucket.tat = math.max(at, cost.bucket.tat) + cost.length
      cost.bucket.reserved = cost.bucket.tat
    end
    given = given + 1
    if maxSlots then keepSlot(name .. given, at + slotTtlMs) end
    answer[2 + given] = text(at - now)
  end

  if given > 0 then
    if maxSlots then redis.call('PEXPIRE', KEYS[1], math.ceil(horizonMs + slotTtlMs)) end
    for _, cost in ipairs(limited) do save(cost.bucket) end
  end
  return answer
end

-- own: permits …
function operations.release()
  local buckets, changed = loadAll(), false
  for index = 5 + 2 * bucketCount, #ARGV do
    local endsAt = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[index]) or nil)
    redis.call('ZREM', KEYS[1], ARGV[index])
    if endsAt and endsAt > now then
      changed = true
      for _, bucket in ipairs(buckets) do
        local rate = rateOf(bucket)
        if rate then
          local shift = bucket.amount * (60000 / rate)
          local from = bucket.amount < 0 and math.max(now, bucket.tat) or bucket.tat
          local settled = math.max(from - shift, math.min(bucket.tat, bucket.drained))
          bucket.reserved = bucket.reserved + (settled - bucket.tat)
          bucket.tat = settled
        end
      end
    end
  end
  if changed then
    for _, bucket in ipairs(buckets) do if rateOf(bucket) then save(bucket) end end
  end
end

-- own: slotTtlMs, permits …
function operations.renew()
  for index = 2, #ARGV - 4 - 2 * bucketCount do keepSlot(own(index), now + tonumber(own(1))) end
  -- Never shorter than the slot of a permit for a later start.
  local left = redis.call('PTTL', KEYS[1])
  redis.call('PEXPIRE', KEYS[1], math.max(left, math.ceil(tonumber(own(1)))))
end

-- amount: the limit
function operations.learnLimit()
  local bucket = load(1)
  changeRate(bucket, 'limit', bucket.amount)
  save(bucket, 'limit', text(bucket.limit))
end

-- amount: ms
function operations.drain()
  local bucket = load(1)
  local rate = rateOf(bucket)
  if not rate then return end
  bucket.drained = now + bucket.amount + burstOf(rate) * (60000 / rate)
  bucket.tat = math.max(bucket.tat, bucket.drained)
  save(bucket, 'drained', text(bucket.drained))
end

function operations.slowDown()
  local bucket = load(1)
  if now - bucket.slowed < 1000 then return end
  changeRate(bucket, 'factor', math.max(0.1, bucket.factor * 0.7))
  save(bucket, 'factor', text(bucket.factor), 'slowed', text(now), 'stepped', text(now))
end

function operations.recover()
  local bucket = load(1)
  if bucket.factor >= 1 or now - bucket.stepped < 1000 then return end
  changeRate(bucket, 'factor', math.min(1, bucket.factor + 0.02))
  save(bucket, 'factor', text(bucket.factor), 'stepped', text(now))
end

-- own: ms
function operations.pause()
  local ms = math.max(pausedForMs(), tonumber(own(1)))
  redis.call('SET', KEYS[2], text(now + ms), 'PX', math.ceil(ms) + 60000)
end

-- answers {slots in use, paused for ms, rate of each bucket ('' for unlimited) …}
function operations.state()
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
  local answer = { redis.call('ZCARD', KEYS[1]), text(pausedForMs()) }
  for index, bucket in ipairs(loadAll()) do
    local rate = rateOf(bucket)
    answer[2 + index] = rate and text(rate) or ''
  end
  return answer
end

return operations[ARGV[1]]()

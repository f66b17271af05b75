-- The level of the cache that instances share. One hash is its clock: `now` counts invalidations, and the epoch names
-- the time since Redis last forgot something, or may have. A tag's key holds the count at which it was last touched.
-- The epoch's field is called `incarnation`, as the release before this one reads and writes it.
--
-- KEYS[1]: the clock. ARGV[1]: the operation.

local clock, operation = KEYS[1], ARGV[1]

local function tagKeys(tags)
  local keys = {}
  for tag in string.gmatch(tags, '%S+') do keys[#keys + 1] = clock .. ':tag:' .. tag end
  return keys
end

-- Whether none of these tags was touched since then.
local function isUnchanged(tags, since)
  for _, touched in ipairs(redis.call('MGET', unpack(tagKeys(tags)))) do
    if touched and tonumber(touched) > since then return false end
  end
  return true
end

-- KEYS[2]: the entry. ARGV[2]: a new epoch, used if there is none.
-- Returns epoch and clock, then value and tags of a valid entry.
if operation == 'look' then
  redis.call('HSETNX', clock, 'incarnation', ARGV[2])
  local epoch = redis.call('HGET', clock, 'incarnation')
  local answer = { epoch, redis.call('HGET', clock, 'now') or '0' }
  local entry = redis.call('HMGET', KEYS[2], 'incarnation', 'since', 'tags', 'value')
  if entry[1] == epoch and isUnchanged(entry[3], tonumber(entry[2])) then
    answer[3], answer[4] = entry[4], entry[3]
  end
  return answer
end

-- KEYS[2]: the entry. KEYS[3]: the bytes that its owner has stored. ARGV: epoch and clock when the read began,
-- tags, value, milliseconds to keep it, bytes that an owner may store in that time.
-- Refuses if a tag was touched since, if Redis may have forgotten that, or if the owner's share is used up.
if operation == 'keep' then
  local epoch, since, tags, value, ttl = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
  if redis.call('HGET', clock, 'incarnation') ~= epoch or not isUnchanged(tags, since) then return 0 end
  local used = tonumber(redis.call('GET', KEYS[3]) or '0')
  if used + #value > tonumber(ARGV[7]) then return 0 end
  redis.call('INCRBY', KEYS[3], #value)
  if used == 0 then redis.call('PEXPIRE', KEYS[3], ttl) end
  redis.call('HSET', KEYS[2], 'incarnation', epoch, 'since', since, 'tags', tags, 'value', value)
  redis.call('PEXPIRE', KEYS[2], ttl)
  return 1
end

-- ARGV: tags, milliseconds to remember them, channel, message. Publishes in the same step, so that
-- an instance that gets the message finds no old entry here.
if operation == 'touch' then
  local now = redis.call('HINCRBY', clock, 'now', 1)
  for _, key in ipairs(tagKeys(ARGV[2])) do redis.call('SET', key, now, 'PX', ARGV[3]) end
  return redis.call('PUBLISH', ARGV[4], ARGV[5])
end

-- ARGV: a new epoch, channel, message. Entries of earlier epochs are invalid.
redis.call('HSET', clock, 'incarnation', ARGV[2])
return redis.call('PUBLISH', ARGV[3], ARGV[4])

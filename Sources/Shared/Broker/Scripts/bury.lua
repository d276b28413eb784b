-- Takes a job out of the hands of the workers and keeps it among the dead ones, in one instant: of several who try, or of one who
-- tries again, one does.
-- KEYS: 1 jobs:<queue>, 2 dead:<queue>
-- ARGV: 1 the group, 2 the job's entry id, 3 about how many are kept, 4 for how many seconds, then fields and values
redis.replicate_commands()
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'entry', ARGV[2], unpack(ARGV, 5))
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1

-- Asks with the tokens of a file: wrk ... -s spread.lua URL -- FILE [in-turn]
-- at random, which is even in the long run, or each in its turn.

local requests, position, in_turn = {}, 0, false

function init(arguments)
  in_turn = arguments[2] == "in-turn"
  for token in io.lines(arguments[1]) do
    wrk.headers["Authorization"] = "Bearer " .. token
    requests[#requests + 1] = wrk.format()
  end
  math.randomseed(os.time())
end

function request()
  if in_turn then
    position = position % #requests + 1
  else
    position = math.random(#requests)
  end
  return requests[position]
end

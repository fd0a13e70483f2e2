-- Asks about record paths in turn: wrk ... -s paths.lua URL -- COUNT FIRST
-- beginning with the path of number FIRST, below COUNT.

local requests, position = {}, 0

function init(arguments)
  position = tonumber(arguments[2])
  for number = 1, tonumber(arguments[1]) do
    wrk.headers["X-Original-URI"] = "/api/egress/leads/" .. number
    requests[number] = wrk.format()
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end

-- Milliseconds before each request of a connection.
function delay()
  return math.random(60, 140)
end

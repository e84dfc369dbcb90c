# Runs an errand with Net::HTTP over one connection. Arguments: CA file, site, errand.
require 'net/http'

authority, site, errand = ARGV
site = URI(site)
headers = {}
options = { use_ssl: true, ca_file: authority, read_timeout: 20 }
Net::HTTP.start(site.host, site.port, **options) do |connection|
  File.foreach(errand, chomp: true) do |line|
    fields = line.split("\t", -1)
    if fields[0] == 'header'
      headers[fields[1]] = fields[2]
      next
    end
    wait, method, path, form = fields
    sleep wait.to_f
    request = Net::HTTP.const_get(method.capitalize).new(path, headers)
    request.set_form_data(URI.decode_www_form(form)) unless form.empty?
    connection.request(request)
  end
end

#!/usr/bin/perl
# Runs an errand with LWP. Arguments: CA file, site, errand.
use strict;
use warnings;
use LWP::UserAgent;
use Time::HiRes 'sleep';

my ($authority, $site, $errand) = @ARGV;
my $agent = LWP::UserAgent->new(timeout => 20, keep_alive => 1, ssl_opts => { SSL_ca_file => $authority });
open my $file, '<', $errand or die "$errand: $!";
while (my $line = <$file>) {
    chomp $line;
    my @fields = split /\t/, $line, -1;
    if ($fields[0] eq 'header') {
        $agent->default_header($fields[1] => $fields[2]);
        next;
    }
    my ($wait, $method, $path, $form) = @fields;
    sleep $wait;
    my $request = HTTP::Request->new($method, $site . $path);
    if ($form ne '') {
        $request->header('Content-Type' => 'application/x-www-form-urlencoded');
        $request->content($form);
    }
    my $answer = $agent->request($request);
    die $answer->status_line, "\n" if ($answer->header('Client-Warning') // '') eq 'Internal response';
}

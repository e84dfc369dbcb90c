#!/usr/bin/perl
# The shop's handlers: search, login, account, cart, contact, stock. Core Perl only, no state on disk.
use strict;
use warnings;
use File::Basename qw(dirname);

my $here = dirname(__FILE__);
my $path = $ENV{SCRIPT_NAME} // '';
my $method = $ENV{REQUEST_METHOD} // 'GET';
my %cookie = map { /^\s*([^=]+)=(.*)$/ ? ($1 => $2) : () } split /;/, $ENV{HTTP_COOKIE} // '';

sub fields {
    my %field;
    for my $pair (split /&/, shift // '') {
        my ($name, $value) = map { my $t = $_ // ''; $t =~ tr/+/ /; $t =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge; $t } split /=/, $pair, 2;
        $field{$name} = $value // '' if defined $name;
    }
    return \%field;
}

sub slurp { open my $file, '<', "$here/$_[0]" or die "$_[0]: $!"; local $/; return scalar <$file> }
sub text { my $t = shift // ''; $t =~ s/([&<>"'])/'&#' . ord($1) . ';'/ge; return $t }

sub answer {
    my ($status, $title, $main, @headers) = @_;
    my $html = slurp('frame.html');
    $html =~ s/\{\{title\}\}/text($title)/e;
    $html =~ s/\{\{main\}\}/$main/;
    print "Status: $status\r\nContent-Type: text/html; charset=utf-8\r\n", (map { "$_\r\n" } @headers), "\r\n", $html;
    exit;
}

sub redirect { my ($to, @headers) = @_; print "Status: 302 Found\r\nLocation: $to\r\n", (map { "$_\r\n" } @headers), "\r\n"; exit }

my $query = fields($ENV{QUERY_STRING});
my $body = '';
if ($method eq 'POST') {
    my $length = $ENV{CONTENT_LENGTH} || 0;
    read STDIN, $body, $length > 65536 ? 65536 : $length;
}
my $form = fields($body);

my $login_form = '<h1>Sign in</h1><form class="login" action="/login" method="post"><input name="user" aria-label="User"><input name="password" type="password" aria-label="Password"><button>Sign in</button></form>';

if ($path eq '/search') {
    my $q = lc($query->{q} // '');
    my @found = grep { $q ne '' && index(lc($_->[1] . ' ' . $_->[2]), $q) >= 0 } map { [split /\t|\n/] } split /^/, slurp('products.txt');
    answer('200 OK', 'Search', '<h1>Results for ' . text($q) . '</h1><div class="grid">' .
        join('', map { qq{<a class="product" href="/product/$_->[0].html"><img src="/images/$_->[0]-small.png" alt="" width="160" height="160" loading="lazy"><b>$_->[1]</b></a>} } @found) . '</div>');
} elsif ($path eq '/login') {
    if ($method eq 'POST') {
        my %password = (ada => 'analytical', grace => 'compiler', linus => 'penguin', margaret => 'apollo');
        my $user = $form->{user} // '';
        redirect('/account', "Set-Cookie: session=$user; Path=/; Secure; HttpOnly") if ($password{$user} // '') eq ($form->{password} // '-');
        answer('403 Forbidden', 'Sign in', '<p class="wrong">Wrong user or password</p>' . $login_form);
    }
    answer('200 OK', 'Sign in', $login_form);
} elsif ($path eq '/account') {
    redirect('/login') unless $cookie{session};
    answer('200 OK', 'Account', '<h1>Hello ' . text($cookie{session}) . '</h1><p>No orders yet.</p>');
} elsif ($path eq '/cart') {
    my @items = grep { /^\d+$/ } split /-/, $cookie{cart} // '';
    redirect('/cart', 'Set-Cookie: cart=' . join('-', @items, ($form->{id} // '') =~ /^(\d+)$/) . '; Path=/; Secure') if $method eq 'POST';
    answer('200 OK', 'Cart', '<h1>Cart</h1>' . join('', map { qq{<p><a class="product" href="/product/$_.html">Item $_</a></p>} } @items) . '<a class="checkout" href="/account">Check out</a>');
} elsif ($path eq '/contact') {
    answer('200 OK', 'Thank you', '<h1>Thank you</h1>') if $method eq 'POST';
    answer('200 OK', 'Contact', '<h1>Contact</h1><form class="message" action="/contact" method="post"><input name="name" aria-label="Name"><textarea name="text" aria-label="Text"></textarea><button>Send</button></form>');
} elsif ($path eq '/api/stock') {
    my $id = ($query->{id} // '') =~ /^(\d+)$/ ? $1 : 0;
    print "Content-Type: application/json\r\n\r\n", '{"left":', ($id * 7) % 23, "}\n";
} else {
    answer('404 Not Found', 'Not found', '<h1>There is no such page</h1>');
}

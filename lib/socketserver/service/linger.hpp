// end_politely(), for services; it is of use to every handler of connections.
#pragma once

#include "socketserver/handler/linger.hpp"

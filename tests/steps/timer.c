#include "sweep.h"
const struct scenario timer_scenarios[] = {{.name = NULL}};

/* Ricker's controllers around the step of the Tennessee Eastman plant, for many copies.
 *
 * The plant's own functions come as addresses, from the compiled module of tep-studio; a copy is a
 * row of doubles: the plant's handle, then the fields of `Copy`. Order of operations is that of the
 * package's Python loop, so that states have the same bits.
 *
 * Source: Ricker, J. Process Control 6(4):205, 1996, with the gains of tep-studio 0.2.0 (BSD);
 *     Downs and Vogel, Comput. Chem. Eng. 17(3):245, 1993.
 */
#include <math.h>
#include <string.h>

enum { STATES = 50, VALVES = 12, READINGS = 41, DISTURBANCES = 28, TARGETS = 12, MOVED = 8 };
enum { LOOPS = 14, METERS = 8, NOISES = 41 };
enum { COST = 60, INTERNAL = 61, MONITORS = 62 };

typedef struct {
    int (*derivatives)(void *, double, const double *, double *);
    int (*outputs)(void *, double, const double *, double *, double *, double *, double *, double *);
    void (*inputs)(void *, const double *, const double *);
    double (*shutdown)(void *);
    int (*reset)(void *, const double *, int, double, int, double);
} Core;

typedef struct {
    double output, error, last;
} Pi;

typedef struct {
    double y[STATES];
    double time;
    double seen[READINGS];
    double truth[READINGS];
    double target[TARGETS];  /* of the loops, as they have been ramped so far */
    double valve[VALVES];
    Pi loop[LOOPS];
    Pi ya, yac;
    double r1, r4, production, pct_g, ramped;
    double meter[METERS];    /* means of the last period */
    double tripped;
} Copy;

typedef struct {
    double gain, reset, start, low, high;
    int reading;
} Tuning;

#define FAST (0.001 / 60.0)
#define STEP 0.0005
#define SHUT 1000.0  /* $/h that a plant which has tripped is charged: nobody earns by a trip */

/* A, C, D and E feeds, purge, separator and stripper flow; then production, reactor level and
 * pressure, separator level, stripper level, separator and reactor temperature. */
static const Tuning TUNING[LOOPS] = {
    {0.01, FAST, 24.644, 0, 100, 0},
    {0.003, FAST, 61.302, 0, 100, 3},
    {1.6e-6, FAST, 63.053, 0, 100, 1},
    {1.8e-6, FAST, 53.98, 0, 100, 2},
    {0.01, FAST, 40.064, 0, 100, 9},
    {4e-4, FAST, 38.10, 0, 100, 13},
    {4e-4, FAST, 46.534, 0, 100, 16},
    {3.2, 120.0 / 60, 0.0, -30, 30, 16},
    {0.8, 60.0 / 60, 80.1, 0, 120, 7},
    {-1e-4, 20.0 / 60, 0.337 / 100.0, 0, 100, 6},
    {-1e-3, 200.0 / 60, 25.16 / 100.0, 0, 100, 11},
    {-2e-4, 200.0 / 60, 22.95 / 100.0, 0, 100, 14},
    {-4.0, 15.0 / 60, 18.114, 0, 100, 10},
    {-8.0, 7.5 / 60, 41.106, 0, 100, 8},
};
enum { PRODUCTION = 7, LEVEL, PRESSURE, SEPARATOR, STRIPPER, COOLED, HOT };
static const int VALVE_OF[7] = {2, 3, 0, 1, 5, 6, 7};

/* Targets: pressure, level and temperature of the reactor, yA, yAC, recycle valve, steam valve and
 * agitator, which are moved; then levels of separator and stripper, production, %G. */
enum { T_PRESSURE, T_LEVEL, T_HOT, T_YA, T_YAC, T_RECYCLE, T_STEAM, T_STIR };
enum { T_SEPARATOR = 8, T_STRIPPER, T_PRODUCTION, T_PCT_G };

static double clipped(double value, double low, double high) {
    return value < low ? low : (value > high ? high : value);
}

static int due(const Pi *pi, double time, double period) {
    return time - pi->last >= period - 1e-9;
}

static double moved(Pi *pi, double gain, double reset, double target, double reading, double time) {
    double dt = time - pi->last, error = target - reading;
    double delta = gain * (error - pi->error + (dt / reset) * error);
    pi->error = error;
    pi->last = time;
    return delta;
}

static double update(Copy *own, int i, double target) {
    const Tuning *t = &TUNING[i];
    Pi *pi = &own->loop[i];
    if (due(pi, own->time, STEP)) {
        double delta = moved(pi, t->gain, t->reset, target, own->seen[t->reading], own->time);
        pi->output = clipped(pi->output + delta, t->low, t->high);
    }
    return pi->output;
}

static double velocity(Pi *pi, double gain, double reset, double target, double reading, double time) {
    return due(pi, time, 0.1) ? moved(pi, gain, reset, target, reading, time) : 0.0;
}

static double ramp(double now, double target, double most) {
    return target >= now ? fmin(target, now + most) : fmax(target, now - most);
}

/* What Python's polyval makes of three coefficients. */
static double parabola(double a, double b, double c, double x) {
    return ((0.0 * x + a) * x + b) * x + c;
}

static void decide(Copy *own) {
    double dt = fmax(0.0, own->time - own->ramped), ratio[7];
    const double *t = own->target;
    own->ramped = own->time;
    own->production = ramp(own->production, t[T_PRODUCTION], fabs(0.3 * 22.95 / 24.0) * dt);
    own->pct_g = ramp(own->pct_g, t[T_PCT_G], fabs(50.0 / 24.0) * dt);
    double fp = 100.0 + update(own, PRODUCTION, own->production);
    double a = own->seen[22], c = own->seen[24], both = a + c;
    double ya = both != 0.0 ? 100.0 * a / both : 0.0;
    ratio[2] = parabola(1.5192e-3, 5.9446e-1, 2.7690e-1, own->pct_g) - 32.0 * 0.0 * fp;
    ratio[3] = parabola(-1.1377e-3, -8.0893e-1, 9.1060e1, own->pct_g) + 46.0 * 0.0 * fp;
    double d_ya = velocity(&own->ya, 2e-4, 1.0, t[T_YA], ya, own->time);
    double d_yac = velocity(&own->yac, 3e-4, 2.0, t[T_YAC], both, own->time);
    own->r1 += d_ya;
    own->r4 += d_yac - d_ya;
    ratio[0] = own->r1;
    ratio[1] = own->r4;
    double cold = update(own, LEVEL, t[T_LEVEL]);
    ratio[5] = update(own, SEPARATOR, t[T_SEPARATOR]);
    ratio[6] = update(own, STRIPPER, t[T_STRIPPER]);
    ratio[4] = update(own, PRESSURE, t[T_PRESSURE]);
    own->valve[10] = update(own, COOLED, cold);
    own->valve[9] = update(own, HOT, t[T_HOT]);
    for (int i = 0; i < 7; ++i) own->valve[VALVE_OF[i]] = update(own, i, ratio[i] * fp);
    own->valve[4] = t[T_RECYCLE];
    own->valve[8] = t[T_STEAM];
    own->valve[11] = t[T_STIR];
    for (int i = 0; i < VALVES; ++i) own->valve[i] = clipped(own->valve[i], 0.0, 100.0);
}

static void advance(const Core *core, void *plant, Copy *own) {
    double k1[STATES], k2[STATES], k3[STATES], k4[STATES], z[STATES];
    double t = own->time, end = t + STEP, h = end - t;
    core->derivatives(plant, t, own->y, k1);
    for (int i = 0; i < STATES; ++i) z[i] = own->y[i] + (0.5 * h) * k1[i];
    core->derivatives(plant, t + 0.5 * h, z, k2);
    for (int i = 0; i < STATES; ++i) z[i] = own->y[i] + (0.5 * h) * k2[i];
    core->derivatives(plant, t + 0.5 * h, z, k3);
    for (int i = 0; i < STATES; ++i) z[i] = own->y[i] + h * k3[i];
    core->derivatives(plant, t + h, z, k4);
    for (int i = 0; i < STATES; ++i)
        own->y[i] = own->y[i] + (h / 6.0) * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    own->time = end;
}

static void look(const Core *core, void *plant, const Copy *own, double *readings, double *monitors) {
    double more[32], disturbed[21], shares[96];
    core->outputs(plant, own->time, own->y, readings, more, disturbed, monitors, shares);
}

/* What would be read without noise: on another handle, so that no random number is spent. */
static void look_truly(const Core *core, double *row, long doubles, long noise, double *other) {
    Copy *own = (Copy *)(row + doubles);
    double monitors[MONITORS];
    memcpy(other, row, doubles * sizeof(double));
    for (int i = 0; i < NOISES; ++i) other[noise + i] = 0.0;
    look(core, other, own, own->truth, monitors);
}

long te_fields(void) { return (long)(sizeof(Copy) / sizeof(double)); }

void te_begin(const Core *core, double *row, long doubles, long noise, double *other, double seed,
              double flag, const double *state) {
    Copy *own = (Copy *)(row + doubles);
    double idle[DISTURBANCES] = {0}, monitors[MONITORS];
    memset(own, 0, sizeof(Copy));
    core->reset(row, state, 1, seed, 1, flag);
    memcpy(own->y, state, sizeof(own->y));
    core->inputs(row, own->y + 38, idle);
    core->inputs(row, own->y + 38, idle);
    look(core, row, own, own->seen, monitors);
    for (int i = 0; i < VALVES; ++i) own->valve[i] = own->y[38 + i];
    for (int i = 0; i < LOOPS; ++i) {
        own->loop[i].output = clipped(TUNING[i].start, TUNING[i].low, TUNING[i].high);
        own->loop[i].last = 0.0 - STEP;
    }
    own->ya.last = own->yac.last = 0.0 - 0.1;
    own->r1 = 0.251 / 100.0;
    own->r4 = 9.35 / 100.0;
    own->production = own->seen[16];
    own->pct_g = own->seen[39];
    look_truly(core, row, doubles, noise, other);
}

/* A period of so many steps, in which the moved targets go to `wanted` by at most `rate` a step.
 * A copy that has tripped stays where it is; gives 0, or 1 where a number is none. */
int te_run(const Core *core, double *row, long doubles, long noise, double *other, long steps,
           const double *wanted, const double *rate, const double *disturbance) {
    Copy *own = (Copy *)(row + doubles);
    double monitors[MONITORS], before[VALVES], sum[METERS] = {0};
    long k = 0;
    for (; k < steps && own->tripped == 0.0; ++k) {
        for (int i = 0; i < TARGETS; ++i) own->target[i] = ramp(own->target[i], wanted[i], rate[i]);
        memcpy(before, own->valve, sizeof(before));
        decide(own);
        core->inputs(row, own->valve, disturbance);
        advance(core, row, own);
        look(core, row, own, own->seen, monitors);
        for (int i = 0; i < STATES; ++i)
            if (!isfinite(own->y[i])) return 1;
        own->tripped = core->shutdown(row);
        sum[0] += monitors[COST];
        sum[1] += monitors[INTERNAL];
        sum[2] += own->seen[16];
        sum[3] += own->seen[9];
        sum[4] += own->seen[19];
        sum[5] += own->seen[18];
        for (int i = 0; i < VALVES; ++i) sum[6] += fabs(own->valve[i] - before[i]);
        sum[7] += own->seen[6];
    }
    sum[0] += SHUT * (steps - k);
    sum[1] += SHUT * (steps - k);
    for (int i = 0; i < METERS; ++i) own->meter[i] = sum[i] / steps;
    own->meter[6] = sum[6] / (steps * STEP);
    look_truly(core, row, doubles, noise, other);
    return 0;
}

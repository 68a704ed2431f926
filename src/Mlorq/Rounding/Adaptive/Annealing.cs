namespace Mlorq.Rounding.Adaptive;

/// <summary>
/// The exponent β of the regulariser Σ 1 − |2h − 1|^β: none for the first fifth of the steps, in which the error alone decides, then from 20,
/// where only shares near a level feel it, to 2 (AdaRound, Nagel et al. 2020).
/// </summary>
internal static class Annealing
{
    private const double WarmUp = 0.2;
    private const double First = 20;
    private const double Last = 2;

    /// <summary>β of a step; 0 where the regulariser does not count yet.</summary>
    public static float Exponent(int step, int steps)
    {
        var progress = (double)step / steps;
        return progress < WarmUp ? 0 : (float)(First + ((Last - First) * (progress - WarmUp) / (1 - WarmUp)));
    }
}

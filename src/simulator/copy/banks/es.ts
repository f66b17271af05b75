import { es as plan } from '../plan/words/es.ts';
import type { Bank } from '../bank.ts';

// Worded to read well in Spain and in Latin America: no "vosotros", no "ustedes".
export const es: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Lo bueno se comparte, y {brand} es de lo mejor que te podemos contar.',
      'Te presentamos a {brand}, ese pequeño detalle que alegra cualquier día.',
      'Pasa, pasa: {brand} te ha guardado un lugar.',
    ],
    professional: [
      '{brand} aporta claridad a las decisiones que importan.',
      'La calidad no es casualidad, y en {brand} lo sabemos bien.',
      'Con {brand}, el trabajo bien hecho parte de una base sólida.',
    ],
    playful: [
      'Cuidado: {brand} puede provocar bailes espontáneos de alegría.',
      'Ha llamado tu lunes. Dice que también quiere {brand}.',
      'Toc, toc. ¿Quién es? {brand}, y viene con ganas de fiesta.',
    ],
    bold: [
      'Se acabó el «no está mal». Llega {brand}.',
      '{brand} no espera a mañana.',
      'Las reglas están para reescribirlas, palabra de {brand}.',
    ],
    inspiring: [
      'Toda gran historia empieza con un pequeño paso, y {brand} lo da contigo.',
      'Imagina todo lo que es posible con {brand}.',
      '{brand} cree en esas ideas que no te dejan dormir.',
    ],
  },
  bodies: [
    'Pensado hasta el último detalle y hecho para durar.',
    'Menos esfuerzo y más tiempo para lo que de verdad importa.',
    'Notarás la diferencia desde el primer día.',
    'Hecho con mimo por gente que ama su trabajo.',
    'Fácil de empezar, difícil de dejar.',
    'Se adapta a tu día a día sin ponerlo patas arriba.',
    'Honesto, fiable y sin complicaciones.',
    'Las mejores ideas parecen obvias en cuanto las pruebas.',
    'Sin rodeos, sin letra pequeña: solo un trabajo bien hecho.',
  ],
  audience: [
    'Pensado para {audience}.',
    '¿Para quién es? Para {audience}, por supuesto.',
    '{audience}: aquí hay algo especial.',
  ],
  closings: {
    friendly: ['Ven a verlo con tus propios ojos.', 'Cuéntanos en los comentarios qué te parece.'],
    professional: ['Más información en nuestra web.', 'Hablemos del siguiente paso.'],
    playful: ['Admítelo: ya te está tentando.', 'Etiqueta a esa persona que lo necesita ya.'],
    bold: ['Te toca.', 'Hazte con él ahora.'],
    inspiring: ['¿Y tú, qué vas a empezar hoy?', 'Da el primer paso con nosotros.'],
  },
  hashtags: [
    'Novedad',
    'HechoConAmor',
    'PequeñosPlaceres',
    'BuenasIdeas',
    'NuestroFavorito',
    'DíaADía',
    'Descubre',
    'Calidad',
    'Inspiración',
    'AsíDeFácil',
  ],
  plan,
};
